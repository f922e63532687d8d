
namespace Rescind.Authority.Stores;

/// <summary>What changes rarely: issuers' records, keys, clients, verifiers, and the audit trail.</summary>
internal interface IRegistryStore
{
    /// <summary>Reads all of it, of one moment: at the start, and where another process has changed it.</summary>
    Task<Registry> LoadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the record of an issuer and appends it to the log. What was issued under earlier numbers, of a record
    /// that was removed since too, goes on being judged by them.
    /// </summary>
    Task SaveIssuerAsync(IssuerRecord record, AuditContext audit, CancellationToken cancellationToken);

    /// <summary>Takes the record of an issuer out of the log; its numbers are kept for a later record.</summary>
    Task RemoveIssuerAsync(string issuer, AuditContext audit, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the rows of <paramref name="keys"/> and appends a log entry for each whose public part appears in or
    /// leaves the log. The version of the registry then; null, and nothing is written, if it is not at
    /// <paramref name="from"/> any more.
    /// </summary>
    /// <param name="keys">The keys.</param>
    /// <param name="from">The version that this was decided on; null for any.</param>
    /// <param name="audit">Who acts.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<long?> SaveKeysAsync(
        IReadOnlyList<StoredKey> keys, long? from, AuditContext audit, CancellationToken cancellationToken);

    /// <summary>
    /// Inserts or replaces a client; without a record it is deleted, and with it the logouts that it was not told of.
    /// The version of the registry then; null, and nothing is written, if it is not at <paramref name="from"/> any more.
    /// </summary>
    /// <param name="change">The client.</param>
    /// <param name="from">The version that this was decided on; null for any.</param>
    /// <param name="audit">Who acts.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<long?> SaveClientAsync(
        ClientChange change, long? from, AuditContext audit, CancellationToken cancellationToken);

    /// <summary>
    /// Remembers which verifiers there are, so that receipts stay complete over a restart. Not audited. How many connections
    /// one has closed never falls: a node that it has left may save again what it heard before.
    /// </summary>
    Task SaveVerifiersAsync(VerifierChanges changes, CancellationToken cancellationToken);

    /// <summary>
    /// Writes into the audit trail what changes nothing else; false if it stands there and is to stand there once.
    /// </summary>
    Task<bool> NoteAsync(AuditNote note, CancellationToken cancellationToken);

    /// <summary>
    /// Audit entries after a position, oldest first: a page, which may be short where what is asked for is rare among
    /// very many.
    /// </summary>
    Task<ListPage<AuditEntry>> AuditAsync(AuditQuery query, CancellationToken cancellationToken);
}

/// <summary>All that <see cref="IRegistryStore"/> holds, and the head of the log.</summary>
internal sealed record Registry(
    LogHead Head, IReadOnlyList<IssuerRecord> Issuers, IReadOnlyList<StoredKey> Keys, IReadOnlyList<ClientRecord> Clients,
        IReadOnlyList<StoredVerifier> Verifiers)
{
    /// <summary>
    /// Raised by one in every transaction that changes a client, a key or an issuer; a number of its own for all of
    /// them together. Never goes back.
    /// </summary>
    public long Version { get; init; }

    /// <summary>
    /// Whether the data is older than what was known here, so that a new epoch was begun and all own sessions were
    /// ended: every signing key must be replaced. Stays true, over restarts too, until
    /// <see cref="IRegistryStore.SaveKeysAsync"/>.
    /// </summary>
    public bool Restored { get; init; }

    /// <summary>The clients that had verifiers beyond their share.</summary>
    public IReadOnlyList<StoredUncounted> Uncounted { get; init; } = [];
}

internal enum KeyState : byte
{
    None = 0,
    Next = 1,
    Active = 2,
    Retired = 3,
    Revoked = 4,

    /// <summary>A symmetric server key, under which refresh tokens are derived; never leaves the store unsealed.</summary>
    Refresh = 5,
}

/// <summary>A key as it is stored: the private part sealed under the master key.</summary>
/// <param name="Id">The <c>kid</c> (RFC 7638 thumbprint); for a refresh key its number.</param>
/// <param name="Algorithm">The JWA name; <c>rt</c> for a refresh key.</param>
/// <param name="State">Where in its life it is.</param>
/// <param name="Sealed">AES-GCM nonce, ciphertext and tag, with the id as associated data.</param>
/// <param name="PublicJwk">The JWK text for JWKS and log; null for a refresh key, and once it left.</param>
/// <param name="CreatedAt">Seconds since the Unix epoch.</param>
/// <param name="ActiveFrom">When it began to sign.</param>
/// <param name="RetiredAt">When it stopped.</param>
internal sealed record StoredKey(
    string Id, string Algorithm, KeyState State, ReadOnlyMemory<byte> Sealed, string? PublicJwk, long CreatedAt,
    long? ActiveFrom, long? RetiredAt);

internal enum ClientKind : byte
{
    None = 0,
    Confidential = 1,
    Public = 2,
}

/// <summary>An API client.</summary>
internal sealed record ClientRecord
{
    public required string ClientId { get; init; }

    public required ClientKind Kind { get; init; }

    /// <summary>SHA-256 of the secret; null for a public client.</summary>
    public ReadOnlyMemory<byte>? SecretHash { get; init; }

    /// <summary>The secret before this one, while it is still taken; null if it is not.</summary>
    public OldSecret? OldSecret { get; init; }

    /// <summary>Of <c>sessions revoke revoke.broad feed introspect admin</c>.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>The clients that it may start sessions for, beside itself.</summary>
    public IReadOnlyList<string> Clients { get; init; } = [];

    /// <summary>The issuers that it may revoke for, beside our own.</summary>
    public IReadOnlyList<string> Issuers { get; init; } = [];

    /// <summary>Origins for CORS.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>Where it is told which of its sessions ended (OpenID Connect Back-Channel Logout); null if it is not.</summary>
    public string? LogoutUri { get; init; }

    /// <summary>How many verifiers are remembered of it; null for the share that each client has.</summary>
    public int? Verifiers { get; init; }
}

/// <summary>A client as it is from now on.</summary>
/// <param name="ClientId">Its name.</param>
/// <param name="Record">Its record; null if it is no more.</param>
internal sealed record ClientChange(string ClientId, ClientRecord? Record);

/// <summary>A secret that was replaced.</summary>
/// <param name="Hash">Its SHA-256.</param>
/// <param name="Until">The second, since the Unix epoch, from which it is not taken any more.</param>
internal sealed record OldSecret(ReadOnlyMemory<byte> Hash, long Until);

/// <summary>A verifier that was heard of.</summary>
internal sealed record StoredVerifier(
    string ClientId,
    string Instance,
    string Name,
    string? Address,
    string? Version,
    long BoundMilliseconds,
    LogPosition Position,
    long SeenAt)
{
    /// <summary>The most that are remembered.</summary>
    public const int Most = 20_000;

    /// <summary>Its connections, by its own word; null if it watches none.</summary>
    public ConnectionCounts? Connections { get; init; }
}

/// <summary>
/// That a client had verifiers beyond its share, or that there may be some of which a restored database knows nothing.
/// </summary>
/// <param name="ClientId">The client; empty after a restore.</param>
/// <param name="Count">How many were live.</param>
/// <param name="Until">The second, since the Unix epoch, until which one of them may be live.</param>
internal sealed record StoredUncounted(string ClientId, int Count, long Until)
{
    /// <summary>That there may be some, of whichever client, of which a restored database knows nothing.</summary>
    public static StoredUncounted OfRestore(long until) => new("", 1, until);

    /// <summary>Whether it speaks of those.</summary>
    public bool IsOfRestore => ClientId.Length == 0;

    /// <summary>The same by a clock that shows so much more.</summary>
    public StoredUncounted MovedBy(TimeSpan more) => this with { Until = Until + (long)more.TotalSeconds };
}

/// <summary>What is to be remembered of verifiers.</summary>
/// <param name="Rows">Inserted or replaced.</param>
/// <param name="Forgotten">Deleted, unless they were saved again since they were seen like this.</param>
/// <param name="Uncounted">Inserted or replaced.</param>
internal sealed record VerifierChanges(
    IReadOnlyList<StoredVerifier> Rows, IReadOnlyList<StoredVerifier> Forgotten, IReadOnlyList<StoredUncounted> Uncounted)
{
    /// <summary>When each of <see cref="Rows"/> was seen, to the tick; not stored.</summary>
    public IReadOnlyList<DateTimeOffset> Seen { get; init; } = [];

    /// <summary>By how much the wall clock, which dates what is stored, has been set since the start; not stored.</summary>
    public TimeSpan SetBy { get; init; }

    /// <summary>The same in parts of at most so many rows of each sort; none if nothing is to be saved.</summary>
    public IEnumerable<VerifierChanges> InPartsOf(int most)
    {
        for (var at = 0; at < Math.Max(Rows.Count, Math.Max(Forgotten.Count, Uncounted.Count)); at += most)
        {
            yield return this with
            {
                Rows = [.. Rows.Skip(at).Take(most)], Seen = [.. Seen.Skip(at).Take(most)],
                Forgotten = [.. Forgotten.Skip(at).Take(most)],
                Uncounted = [.. Uncounted.Skip(at).Take(most)],
            };
        }
    }
}

/// <summary>One line of the audit trail.</summary>
internal sealed record AuditEntry
{
    public required LogPosition Position { get; init; }

    public required long At { get; init; }

    public required string Actor { get; init; }

    /// <summary>
    /// What was done: <c>session.started session.changed refresh.reused revoked lifted client.saved logout.refused …</c>.
    /// </summary>
    public required string Action { get; init; }

    public string? Issuer { get; init; }

    public Match? Match { get; init; }

    public Effect Effect { get; init; }

    public string? Reason { get; init; }

    public string? Subject { get; init; }

    public string? SessionId { get; init; }

    public string? Address { get; init; }

    public string? RequestId { get; init; }
}

internal sealed record AuditQuery(string? Subject, string? SessionId, string? Actor, LogPosition After, int Limit);

/// <summary>
/// A line of the audit trail about what changes nothing else: its action is one of <see cref="AuditEntry.Action"/>.
/// </summary>
internal sealed record AuditNote(
    string Action, AuditContext Audit, string? Reason = null, string? Subject = null, string? SessionId = null)
{
    /// <summary>For how long one is enough among the newest lines of its session; null if each counts.</summary>
    public TimeSpan? OnceWithin { get; init; }
}
