using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>Issuers, keys, clients and verifiers as rows.</summary>
internal static class PostgresRegistryRows
{
    public static Task<IssuerRecord?> FindIssuerAsync(PostgresLink link, IssuerOf issuer) => link.FindAsync(
        new PostgresStatement("select record from issuers where issuer = $1 and (not removed or $2)")
            .Bind(issuer.Issuer).Bind(issuer.OrRemoved),
        row => new StoredJson("issuers", issuer.Issuer).Issuer("record", row.Text()));

    /// <inheritdoc cref="KeyInLog"/>
    public static Task<AnnouncedKey> FindInLogAsync(PostgresLink link, KeyInLog key) => link.FindAsync(
        new PostgresStatement("select position, at, public_jwk from keys where id = $1").Bind(key.Id),
        RegistryRows.ReadAnnounced);

    public static PostgresStatement Save(SaveIssuer saved) => new PostgresStatement(
        """
        insert into issuers (issuer, position, at, record, removed) values ($1, $2, $3, $4, false)
        on conflict (issuer) do update set position = $2, at = $3, record = $4, removed = false
        """).Bind(saved.Record.Issuer).Bind(saved.Position).Bind(saved.At).Bind(saved.Record.ToJson());

    /// <summary>The row stays, so that a later record knows the earlier numbers.</summary>
    public static PostgresStatement Remove(RemoveIssuer removed) =>
        new PostgresStatement("update issuers set removed = true where issuer = $1").Bind(removed.Issuer);

    public static PostgresStatement Save(SaveKey saved)
    {
        var key = saved.Key;
        return new PostgresStatement(
            $"""
            insert into keys ({RegistryRows.Key}, position, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (id) do update set algorithm = $2, state = $3, sealed = $4, public_jwk = $5, created_at = $6,
                active_from = $7, retired_at = $8, position = $9, at = $10
            """)
            .Bind(key.Id).Bind(key.Algorithm).Bind((long)key.State).Bind(key.Sealed.ToArray()).Bind(key.PublicJwk)
            .Bind(key.CreatedAt).Bind(key.ActiveFrom).Bind(key.RetiredAt).Bind(saved.Announced.Position)
            .Bind(saved.Announced.At);
    }

    // A client is told of what ends after it said where: whoever is told later is not told of the past.
    public static PostgresStatement Save(SaveClient saved)
    {
        var record = saved.Record;
        return new PostgresStatement(
            """
            insert into clients (id, kind, secret_hash, scopes, clients, issuers, origins, logout_uri, logout_since,
                old_secret_hash, old_secret_until, verifiers)
            values ($1, $2, $3, $4, $5, $6, $7, $8, case when $8::text is not null then $9::bigint end, $10, $11, $12)
            on conflict (id) do update set kind = $2, secret_hash = $3, scopes = $4, clients = $5, issuers = $6, origins = $7,
                logout_uri = $8,
                logout_since = case when $8::text is not null then coalesce(clients.logout_since, $9::bigint) end,
                old_secret_hash = $10, old_secret_until = $11, verifiers = $12
            """)
            .Bind(record.ClientId).Bind((long)record.Kind).Bind(record.SecretHash?.ToArray())
            .Bind(StoredJson.WriteTexts(record.Scopes)).Bind(StoredJson.WriteTexts(record.Clients))
            .Bind(StoredJson.WriteTexts(record.Issuers)).Bind(StoredJson.WriteTexts(record.Origins))
            .Bind(record.LogoutUri).Bind(saved.Position).Bind(record.OldSecret?.Hash.ToArray()).Bind(record.OldSecret?.Until)
            .Bind((long?)record.Verifiers);
    }

    public static PostgresStatement Remove(RemoveClient removed) =>
        new PostgresStatement("delete from clients where id = $1").Bind(removed.ClientId);

    public static Task<List<IssuerRecord>> IssuersAsync(PostgresLink link) => link.ReadAsync(
        new($"select {RegistryRows.Issuer} from issuers where not removed order by issuer collate \"C\""),
        RegistryRows.ReadIssuer);

    public static Task<List<StoredKey>> KeysAsync(PostgresLink link) => link.ReadAsync(
        new($"select {RegistryRows.Key} from keys order by created_at, id collate \"C\""), RegistryRows.ReadKey);

    public static Task<List<ClientRecord>> ClientsAsync(PostgresLink link) => link.ReadAsync(
        new($"select {RegistryRows.Client} from clients order by id collate \"C\""), RegistryRows.ReadClient);

    public static Task<List<StoredVerifier>> VerifiersAsync(PostgresLink link) => link.ReadAsync(
        new($"select {RegistryRows.Verifier} from verifiers order by client_id collate \"C\", instance collate \"C\""),
        RegistryRows.ReadVerifier);

    public static Task<List<StoredUncounted>> UncountedAsync(PostgresLink link) => link.ReadAsync(
        new($"select {RegistryRows.Uncounted} from uncounted_verifiers order by client_id collate \"C\""),
        RegistryRows.ReadUncounted);

    public static void SaveVerifiers(PostgresLink link, VerifierChanges changes)
    {
        foreach (var forgotten in changes.Forgotten)
        {
            link.Add(new PostgresStatement("delete from verifiers where client_id = $1 and instance = $2 and seen_at <= $3")
                .Bind(forgotten.ClientId).Bind(forgotten.Instance).Bind(forgotten.SeenAt));
        }

        foreach (var uncounted in changes.Uncounted)
        {
            link.Add(new PostgresStatement(
                """
                insert into uncounted_verifiers (client_id, count, until) values ($1, $2, $3)
                on conflict (client_id) do update set count = $2, until = $3
                """).Bind(uncounted.ClientId).Bind(uncounted.Count).Bind(uncounted.Until));
        }

        foreach (var verifier in changes.Rows)
        {
            link.Add(new PostgresStatement(
                $"""
                insert into verifiers ({RegistryRows.Verifier})
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                on conflict (client_id, instance) do update set name = $3, address = $4, version = $5, bound_ms = $6,
                    position = $7, seen_at = $8, live = $9, closed = greatest(verifiers.closed, $10)
                """)
                .Bind(verifier.ClientId).Bind(verifier.Instance).Bind(verifier.Name).Bind(verifier.Address)
                .Bind(verifier.Version).Bind(verifier.BoundMilliseconds).Bind(verifier.Position).Bind(verifier.SeenAt)
                .Bind(verifier.Connections?.Live).Bind(verifier.Connections?.Closed));
        }
    }
}
