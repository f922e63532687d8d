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

    private const string AuditColumns =
        "position, at, actor, action, issuer, match_kind, name, value, effect, reason, subject, session_id, address, request_id";

    private static readonly PagedRows<AuditEntry> Audited = new(
        "audit", AuditColumns, NewestFirst: false, ReadAudit, static entry => (entry.Position, JsonLength.Of(entry)));

    private const string KeyColumns = "id, algorithm, state, sealed, public_jwk, created_at, active_from, retired_at";

    public Task<Registry> LoadAsync(CancellationToken cancellationToken) => readers.ReadAsync(
        link => new Registry(SqliteLog.ReadHead(link), Issuers(link), Keys(link), Clients(link), ReadVerifiers(link))
        {
            Version = SqliteLog.ReadRegistry(link),
            Restored = link.Int64("select restored from head") == 1,
            Uncounted = ReadAll(
                link.Prepare("select client_id, count, until from uncounted_verifiers order by client_id"),
                row => new StoredUncounted(row.Text(), (int)row.Int64(), row.Int64())),
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
                    """
                    insert or replace into verifiers (client_id, instance, name, address, version, bound_ms, position, seen_at)
                    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                    """)
                    .Bind(verifier.ClientId).Bind(verifier.Instance).Bind(verifier.Name).Bind(verifier.Address)
                    .Bind(verifier.Version)
                    .Bind(verifier.BoundMilliseconds).Bind(verifier.Position).Bind(verifier.SeenAt).Run();
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
    public static bool IsNoted(SqliteLink link, IsNoted note)
    {
        using var row = link.Prepare(IsAmongNewest).Bind(note.SessionId).Bind(note.Action).Bind(note.Since);
        return row.Step();
    }

    private Task<T> RunAsync<T>(Decision<T> decision, CancellationToken cancellationToken) =>
        writer.RunAsync(log => SqliteDecisions.Run(log, decision), cancellationToken);

    public static void Save(SqliteLink link, SaveKey saved)
    {
        var key = saved.Key;
        link.Prepare($"insert or replace into keys ({KeyColumns}, position, at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
            .Bind(key.Id).Bind(key.Algorithm).Bind((long)key.State).Bind(key.Sealed.Span).Bind(key.PublicJwk).Bind(key.CreatedAt)
            .Bind(key.ActiveFrom).Bind(key.RetiredAt).Bind(saved.Announced.Position).Bind(saved.Announced.At).Run();
    }

    /// <inheritdoc cref="KeyInLog"/>
    public static AnnouncedKey FindInLog(SqliteLink link, string id)
    {
        using var row = link.Prepare("select position, at, public_jwk from keys where id = ?1").Bind(id);
        return row.Step() ? new(row.Position(), row.Int64(), row.TextOrNull()) : default;
    }

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

    private static List<IssuerRecord> Issuers(SqliteLink link) =>
        ReadAll(
            link.Prepare("select issuer, record from issuers where removed = 0 order by issuer"),
            row => new StoredJson("issuers", row.Text()).Issuer("record", row.Text()));

    public static List<StoredKey> Keys(SqliteLink link) => ReadAll(
        link.Prepare($"select {KeyColumns} from keys order by created_at, id"),
        row => new StoredKey(
            row.Text(), row.Text(), (KeyState)row.Int64(), row.Bytes(), row.TextOrNull(), row.Int64(), row.Int64OrNull(),
            row.Int64OrNull()));

    private static List<ClientRecord> Clients(SqliteLink link) => ReadAll(
        link.Prepare("select id, kind, secret_hash, scopes, clients, issuers, origins, logout_uri, "
            + "old_secret_hash, old_secret_until, verifiers from clients order by id"),
        row => ReadClient(row, row.Text()));

    private static ClientRecord ReadClient(SqliteStatement row, string id)
    {
        var json = new StoredJson("clients", id);
        return new()
        {
            ClientId = id,
            Kind = (ClientKind)row.Int64(),
            SecretHash = row.BytesOrNull() is { } hash ? hash : (ReadOnlyMemory<byte>?)null,
            Scopes = json.Texts("scopes", row.Text()),
            Clients = json.Texts("clients", row.Text()),
            Issuers = json.Texts("issuers", row.Text()),
            Origins = json.Texts("origins", row.Text()),
            LogoutUri = row.TextOrNull(),
            OldSecret = ReadOldSecret(row),
            Verifiers = (int?)row.Int64OrNull(),
        };
    }

    private static OldSecret? ReadOldSecret(SqliteStatement row)
    {
        var (hash, until) = (row.BytesOrNull(), row.Int64OrNull());
        return hash is null ? null : new(hash, until ?? 0);
    }

    private static List<StoredVerifier> ReadVerifiers(SqliteLink link) => ReadAll(
        link.Prepare(
            "select client_id, instance, name, address, version, bound_ms, position, seen_at from verifiers "
                + "order by client_id, instance"),
        row => new StoredVerifier(
            row.Text(), row.Text(), row.Text(), row.TextOrNull(), row.TextOrNull(), row.Int64(), row.Position(), row.Int64()));

    private static AuditEntry ReadAudit(SqliteStatement row) => new()
    {
        Position = row.Position(),
        At = row.Int64(),
        Actor = row.Text(),
        Action = row.Text(),
        Issuer = row.TextOrNull(),
        Match = LogRows.ReadMatch(row),
        Effect = (Effect)row.Int64(),
        Reason = row.TextOrNull(),
        Subject = row.TextOrNull(),
        SessionId = row.TextOrNull(),
        Address = row.TextOrNull(),
        RequestId = row.TextOrNull(),
    };

    private static List<T> ReadAll<T>(SqliteStatement rows, Func<SqliteStatement, T> read)
    {
        using (rows)
        {
            var all = new List<T>();
            while (rows.Step())
            {
                all.Add(read(rows));
            }

            return all;
        }
    }
}
