
namespace Rescind.Authority.Stores;

/// <summary>Whether a session can still be refreshed.</summary>
internal enum SessionState : byte
{
    None = 0,
    Active = 1,
    Ended = 2,
    Expired = 3,

    /// <summary>A block is in force on it: it may be active again when that ends.</summary>
    Blocked = 4,
}

/// <summary>The device that a session was started on, in the words of whoever started it.</summary>
internal sealed record SessionDevice(string? Name, string? UserAgent, string? Address);

/// <summary>
/// One login on one device: a row, immutable here. What ended it by rule (an act on its subject, client or tags) is not on the
/// row; the store fills <see cref="EndedBy"/> or <see cref="BlockedBy"/> by judging it. Instants are seconds since the
/// Unix epoch. Never holds a token.
/// </summary>
internal sealed record Session
{
    /// <summary>The most tags that one has.</summary>
    public const int MaxTags = 32;

    /// <summary>16 random bytes in base64url; <c>sid</c> of its tokens.</summary>
    public required string Id { get; init; }

    public required string Subject { get; init; }

    public required string ClientId { get; init; }

    public required IReadOnlyList<string> Audience { get; init; }

    /// <summary>Space-separated, or null.</summary>
    public string? Scope { get; init; }

    /// <summary>Extra top-level claims of its tokens: the JSON text of an object.</summary>
    public string Claims { get; init; } = "{}";

    /// <summary>Since when <see cref="Claims"/> hold, if they were changed; null for since the start.</summary>
    public LogPosition? ClaimsSince { get; init; }

    /// <summary>Top-level claims that it was started with to be revoked by.</summary>
    public IReadOnlyList<SessionTag> Tags { get; init; } = [];

    public SessionDevice? Device { get; init; }

    public IReadOnlyList<string> Amr { get; init; } = [];

    public string? Acr { get; init; }

    public required long CreatedAt { get; init; }

    /// <summary><c>auth_time</c>: never moves (AT-4).</summary>
    public required long AuthenticatedAt { get; init; }

    public required long LastRefreshedAt { get; init; }

    /// <summary>Of the refresh token that is current; 1 at the start.</summary>
    public required uint Generation { get; init; }

    public required long IdleExpiresAt { get; init; }

    public required long ExpiresAt { get; init; }

    /// <summary>The head that its start transaction read: its first <c>lpos</c>.</summary>
    public required LogPosition Started { get; init; }

    /// <summary>Which server key its refresh tokens are derived under; kept for life.</summary>
    public required byte RefreshKeyId { get; init; }

    /// <summary>The per-session half of the derivation.</summary>
    public required ReadOnlyMemory<byte> Salt { get; init; }

    /// <summary>How many generations in a row were answered more than once: three raise a signal.</summary>
    public int RetriesInARow { get; init; }

    /// <summary>The act that ended it, by row or by rule.</summary>
    public LogPosition? EndedBy { get; init; }

    /// <summary>The block that was in force on it when it was judged; null for one that has ended.</summary>
    public LogPosition? BlockedBy { get; init; }

    /// <summary>Whether its client was found to be removed: then nobody can refresh it, whatever was lifted.</summary>
    public bool IsClientGone { get; init; }

    /// <summary>When its refresh token expires if it is not used.</summary>
    public DateTimeOffset RefreshExpiresAt => DateTimeOffset.FromUnixTimeSeconds(Math.Min(IdleExpiresAt, ExpiresAt));

    /// <summary>What it is judged by, at our own issuer: every claim of its tokens is a tag.</summary>
    public SessionFacts FactsAt(string ownIssuer) =>
        new(Id, Subject, ClientId, [new("iss", ownIssuer, Started), .. MintedClaims.TagsOf(this)], Started, CreatedAt);

    /// <summary>The one judgement of refresh, introspection and lists; for a session that the store has judged.</summary>
    public SessionState StateAt(long now) =>
        EndedBy is not null || IsClientGone ? SessionState.Ended
        : BlockedBy is not null ? SessionState.Blocked
        : IsExpiredAt(now) ? SessionState.Expired
        : SessionState.Active;

    /// <summary>Whether a lifetime is over, whatever else ended or blocks it.</summary>
    public bool IsExpiredAt(long now) => now >= IdleExpiresAt || now >= ExpiresAt;

    /// <summary>
    /// Whether a refresh token of <paramref name="generation"/> is answered while the session is active: the current one, and
    /// its immediate predecessor as a retry (RT-10), for as long as <paramref name="retryWindow"/> says; null: without a limit.
    /// </summary>
    public bool Answers(uint generation, TimeSpan? retryWindow, DateTimeOffset now) =>
        generation > 0 && (generation == Generation || (generation == Generation - 1
            && (retryWindow is not { } window || now - DateTimeOffset.FromUnixTimeSeconds(LastRefreshedAt) <= window)));
}
