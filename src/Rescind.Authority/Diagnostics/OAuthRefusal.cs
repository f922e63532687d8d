namespace Rescind.Authority.Diagnostics;

/// <summary>
/// Why something is not done, where OAuth has a word for it (RFC 6749 section 5.2) and it may have no number of ours. A value, as
/// <see cref="Refusal"/> is.
/// </summary>
/// <param name="Error">The word: <c>invalid_grant</c>.</param>
/// <param name="Description">One sentence.</param>
internal sealed record OAuthRefusal(string Error, string Description)
{
    /// <summary>400 where nothing else is said (section 5.2).</summary>
    public int Status { get; init; } = 400;

    /// <summary>Why a genuine refresh token was refused: <c>ended reused expired blocked</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>The revocation that explains it; the default if there is none.</summary>
    public LogPosition Explanation { get; init; }

    /// <summary>Our own number, where there is one.</summary>
    public string? Code { get; init; }

    /// <summary>When to try again; null where nobody can say.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>The request is not one that can be answered.</summary>
    public static OAuthRefusal InvalidRequest(string description) => new("invalid_request", description);

    /// <summary>The same request may be done later.</summary>
    public static OAuthRefusal Unavailable(Refusal refusal) => new("temporarily_unavailable", refusal.Error.Title)
    {
        Status = refusal.Error.Status, Code = refusal.Error.Code, RetryAfterSeconds = refusal.RetryAfterSeconds,
    };
}
