namespace Rescind.Authority.Stores;

/// <summary>Issuers, keys, clients, verifiers and the audit trail as rows.</summary>
internal static class RegistryRows
{
    public const string Issuer = "issuer, record";

    public const string Key = "id, algorithm, state, sealed, public_jwk, created_at, active_from, retired_at";

    public const string Client =
        "id, kind, secret_hash, scopes, clients, issuers, origins, logout_uri, old_secret_hash, old_secret_until, verifiers";

    public const string Verifier = "client_id, instance, name, address, version, bound_ms, position, seen_at, live, closed";

    public const string Uncounted = "client_id, count, until";

    public const string Audit =
        "position, at, actor, action, issuer, match_kind, name, value, effect, reason, subject, session_id, address, request_id";

    /// <summary>Reads <see cref="Issuer"/>.</summary>
    public static IssuerRecord ReadIssuer(Row row) => new StoredJson("issuers", row.Text()).Issuer("record", row.Text());

    /// <summary>Reads <see cref="Key"/>.</summary>
    public static StoredKey ReadKey(Row row) => new(
        row.Text(), row.Text(), (KeyState)row.Int64(), row.Bytes(), row.TextOrNull(), row.Int64(), row.Int64OrNull(),
        row.Int64OrNull());

    /// <summary>Reads the position, the second and the public part of a key.</summary>
    public static AnnouncedKey ReadAnnounced(Row row) => new(row.Position(), row.Int64(), row.TextOrNull());

    /// <summary>Reads <see cref="Client"/>.</summary>
    public static ClientRecord ReadClient(Row row)
    {
        var id = row.Text();
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

    /// <summary>Reads <see cref="Verifier"/>.</summary>
    public static StoredVerifier ReadVerifier(Row row) => new(
        row.Text(), row.Text(), row.Text(), row.TextOrNull(), row.TextOrNull(), row.Int64(), row.Position(), row.Int64())
    {
        Connections = ReadConnections(row),
    };

    /// <summary>Reads <see cref="Uncounted"/>.</summary>
    public static StoredUncounted ReadUncounted(Row row) => new(row.Text(), (int)row.Int64(), row.Int64());

    /// <summary>Reads <see cref="Audit"/>.</summary>
    public static AuditEntry ReadAudit(Row row) => new()
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

    private static ConnectionCounts? ReadConnections(Row row)
    {
        var (live, closed) = (row.Int64OrNull(), row.Int64OrNull());
        return closed is null ? null : new(live ?? 0, closed.Value);
    }

    private static OldSecret? ReadOldSecret(Row row)
    {
        var (hash, until) = (row.BytesOrNull(), row.Int64OrNull());
        return hash is null ? null : new(hash, until ?? 0);
    }
}
