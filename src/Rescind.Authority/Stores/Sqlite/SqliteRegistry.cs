using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Sqlite;

/// <inheritdoc cref="IRegistryStore"/>
internal sealed class SqliteRegistry(SqliteWriter writer, SqliteReaders readers) : IRegistryStore
{
    // A session with very many lines may be noted once more: none but the newest are looked at.
    private const string IsAmongNewest =
        """
        select 1 from (select action, at from audit where session_id = ?1 order by position desc limit 64)
        where action = ?2 and at > ?3 limit 1
        """;

    private static readonly PagedRows<AuditEntry> Audited = new(
        "audit", RegistryRows.Audit, NewestFirst: false, RegistryRows.ReadAudit,
        static entry => (entry.Position, JsonLength.Of(entry)));

    public Task<Registry> LoadAsync(CancellationToken cancellationToken) => readers.ReadAsync(
        link => new Registry(
            SqliteLog.ReadHead(link),
            link.Prepare($"select {RegistryRows.Issuer} from issuers where removed = 0 order by issuer")
                .ReadAll(RegistryRows.ReadIssuer),
            Keys(link),
            link.Prepare($"select {RegistryRows.Client} from clients order by id").ReadAll(RegistryRows.ReadClient),
            link.Prepare($"select {RegistryRows.Verifier} from verifiers order by client_id, instance")
                .ReadAll(RegistryRows.ReadVerifier))
        {
            Version = SqliteLog.ReadRegistry(link),
            Restored = link.Int64("select restored from head") == 1,
            Uncounted = link.Prepare($"select {RegistryRows.Uncounted} from uncounted_verifiers order by client_id")
                .ReadAll(RegistryRows.ReadUncounted),
        },
        cancellationToken);

    public Task SaveIssuerAsync(IssuerRecord record, AuditContext audit, CancellationToken cancellationToken) =>
        RunAsync(new SaveIssuerDecision(record, audit), cancellationToken);

    public Task RemoveIssuerAsync(string issuer, AuditContext audit, CancellationToken cancellationToken) =>
        RunAsync(new RemoveIssuerDecision(issuer, audit), cancellationToken);

    public Task<long?> SaveKeysAsync(
        IReadOnlyList<StoredKey> keys, long? from, AuditContext audit, CancellationToken cancellationToken) =>
        RunAsync(new SaveKeysDecision(keys, from, audit), cancellationToken);

    public async Task<long?> SaveClientAsync(
        ClientChange change, long? from, AuditContext audit, CancellationToken cancellationToken)
    {
        // Before a client gets a name, too: what had it may not have been forgotten to the end.
        if (change.Record is not null)
        {
            await SqliteLogouts.ForgetAsync(writer, change.ClientId, cancellationToken).ConfigureAwait(false);
        }

        var saved = await RunAsync(new SaveClientDecision(change, from, audit), cancellationToken).ConfigureAwait(false);
        if (change.Record is null)
        {
            await SqliteLogouts.ForgetAsync(writer, change.ClientId, cancellationToken).ConfigureAwait(false);
        }

        return saved;
    }

    public Task SaveVerifiersAsync(VerifierChanges changes, CancellationToken cancellationToken) => writer.RunAsync(
        log =>
        {
            foreach (var forgotten in changes.Forgotten)
            {
                log.Link.Prepare("delete from verifiers where client_id = ?1 and instance = ?2 and seen_at <= ?3")
                    .Bind(forgotten.ClientId).Bind(forgotten.Instance).Bind(forgotten.SeenAt).Run();
            }

            foreach (var uncounted in changes.Uncounted)
            {
                log.Link.Prepare("insert or replace into uncounted_verifiers (client_id, count, until) values (?1, ?2, ?3)")
                    .Bind(uncounted.ClientId).Bind(uncounted.Count).Bind(uncounted.Until).Run();
            }

            foreach (var verifier in changes.Rows)
            {
                log.Link.Prepare(
                    $"""
                    insert into verifiers ({RegistryRows.Verifier})
                    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                    on conflict (client_id, instance) do update set name = ?3, address = ?4, version = ?5, bound_ms = ?6,
                        position = ?7, seen_at = ?8, live = ?9, closed = max(coalesce(closed, ?10), coalesce(?10, closed))
                    """)
                    .Bind(verifier.ClientId).Bind(verifier.Instance).Bind(verifier.Name).Bind(verifier.Address)
                    .Bind(verifier.Version)
                    .Bind(verifier.BoundMilliseconds).Bind(verifier.Position).Bind(verifier.SeenAt)
                    .Bind(verifier.Connections?.Live).Bind(verifier.Connections?.Closed).Run();
            }

            return true;
        },
        cancellationToken);

    public Task<ListPage<AuditEntry>> AuditAsync(AuditQuery query, CancellationToken cancellationToken) => readers.ReadAsync(
        link => Audited.Page(link, [.. NarrowingsOf(query)], query.After, query.Limit), cancellationToken);

    private static IEnumerable<NarrowedBy> NarrowingsOf(AuditQuery query)
    {
        if (query.SessionId is { } session)
        {
            yield return new("audit_session", "session_id = ?", rows => rows.Bind(session));
        }

        if (query.Subject is { } subject)
        {
            yield return new("audit_subject", "subject = ?", rows => rows.Bind(subject));
        }

        if (query.Actor is { } actor)
        {
            yield return new("audit_actor", "actor = ?", rows => rows.Bind(actor));
        }
    }

    public Task<bool> NoteAsync(AuditNote note, CancellationToken cancellationToken) =>
        RunAsync(new NoteDecision(note), cancellationToken);

    /// <inheritdoc cref="Stores.IsNoted"/>
    public static bool IsNoted(SqliteLink link, IsNoted note) =>
        link.Prepare(IsAmongNewest).Bind(note.SessionId).Bind(note.Action).Bind(note.Since).HasRow();

    private Task<T> RunAsync<T>(Decision<T> decision, CancellationToken cancellationToken) =>
        writer.RunAsync(log => SqliteDecisions.Run(log, decision), cancellationToken);

    public static void Save(SqliteLink link, SaveKey saved)
    {
        var key = saved.Key;
        link.Prepare(
            $"insert or replace into keys ({RegistryRows.Key}, position, at) "
                + "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
            .Bind(key.Id).Bind(key.Algorithm).Bind((long)key.State).Bind(key.Sealed.Span).Bind(key.PublicJwk).Bind(key.CreatedAt)
            .Bind(key.ActiveFrom).Bind(key.RetiredAt).Bind(saved.Announced.Position).Bind(saved.Announced.At).Run();
    }

    /// <inheritdoc cref="KeyInLog"/>
    public static AnnouncedKey FindInLog(SqliteLink link, string id) =>
        link.Prepare("select position, at, public_jwk from keys where id = ?1").Bind(id).Find(RegistryRows.ReadAnnounced);

    // A client is told of what ends after it said where: whoever is told later is not told of the past.
    public static void Save(SqliteLink link, SaveClient saved)
    {
        var record = saved.Record;
        var row = link.Prepare(
            """
            insert or replace into clients (
                id, kind, secret_hash, scopes, clients, issuers, origins, logout_uri, logout_since, old_secret_hash,
                old_secret_until, verifiers)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
                iif(?8 is null, null, coalesce((select logout_since from clients where id = ?1), ?9)), ?10, ?11, ?12)
            """)
            .Bind(record.ClientId).Bind((long)record.Kind);
        row = record.SecretHash is { } hash ? row.Bind(hash.Span) : row.BindNull();
        row.Bind(StoredJson.WriteTexts(record.Scopes)).Bind(StoredJson.WriteTexts(record.Clients))
            .Bind(StoredJson.WriteTexts(record.Issuers)).Bind(StoredJson.WriteTexts(record.Origins))
            .Bind(record.LogoutUri).Bind(saved.Position);
        row = record.OldSecret is { } old ? row.Bind(old.Hash.Span).Bind(old.Until) : row.BindNull().BindNull();
        row.Bind(record.Verifiers).Run();
    }

    public static List<StoredKey> Keys(SqliteLink link) =>
        link.Prepare($"select {RegistryRows.Key} from keys order by created_at, id").ReadAll(RegistryRows.ReadKey);
}
