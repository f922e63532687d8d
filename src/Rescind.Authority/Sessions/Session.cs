namespace Rescind.Authority.Sessions;

/// <summary>Whether a session can still be refreshed.</summary>
internal enum SessionState : byte
{
    None = 0,
    Active = 1,
    Ended = 2,
    Expired = 3,
}

/// <summary>The device that a session was started on, in the words of whoever started it.</summary>
internal sealed record SessionDevice(string? Name, string? UserAgent, string? Address);

/// <summary>
/// One login on one device: a row, immutable here. What ended it by rule (an act on its subject, client or tags) is not on the
/// row; the store fills <see cref="EndedBy"/> by judging it. Instants are seconds since the Unix epoch. Never holds a token.
/// </summary>
internal sealed record Session
{
    /// <summary>16 random bytes in base64url; <c>sid</c> of its tokens.</summary>
    public required string Id { get; init; }

    public required string Subject { get; init; }

    public required string ClientId { get; init; }

    public required IReadOnlyList<string> Audience { get; init; }

    /// <summary>Space-separated, or null.</summary>
    public string? Scope { get; init; }

    /// <summary>Extra top-level claims of its tokens: the JSON text of an object.</summary>
    public string Claims { get; init; } = "{}";

    /// <summary>Top-level claims by which it can be revoked.</summary>
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

    /// <summary>When its refresh token expires if it is not used.</summary>
    public DateTimeOffset RefreshExpiresAt => DateTimeOffset.FromUnixTimeSeconds(Math.Min(IdleExpiresAt, ExpiresAt));

    public SessionFacts Facts => new(Id, Subject, ClientId, Tags, Started, CreatedAt);

    public SessionState StateAt(long now) =>
        EndedBy is not null ? SessionState.Ended
        : now >= IdleExpiresAt || now >= ExpiresAt ? SessionState.Expired
        : SessionState.Active;
}
