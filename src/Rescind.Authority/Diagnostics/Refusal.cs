namespace Rescind.Authority.Diagnostics;

/// <summary>
/// Why something is not done: a failure that has a number, and what is to be said of this case. A value: whoever
/// answers the caller says it, as a problem or in the words of OAuth.
/// </summary>
/// <param name="Error">The failure.</param>
/// <param name="Specifics">
/// What is wrong with this very request; null where the title says it all. Never a token or a secret.
/// </param>
internal sealed record Refusal(Error Error, string? Specifics = null)
{
    /// <summary>How long to wait for what is over in moments, in seconds.</summary>
    public const int UnavailableRetrySeconds = 1;

    /// <summary>
    /// The revocation that explains it; the default if there is none, or if it is none of the caller's business.
    /// </summary>
    public LogPosition Explanation { get; init; }

    /// <summary>Why a genuine refresh token was refused: the word of <see cref="OAuthRefusal.Reason"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// The scopes that the caller lacks, any of which would do, with spaces between them; null where it is not about scopes.
    /// </summary>
    public string? Scope { get; init; }

    /// <summary>When to try again; null where nobody can say.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>For a log or an exception: number, what is wrong, what to do, where to read on.</summary>
    public string Sentence => Error.Sentence(Specifics);
}
