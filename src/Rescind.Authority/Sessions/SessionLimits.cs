namespace Rescind.Authority.Sessions;

/// <summary>
/// How large a session may be: what is in it stands in every token, and a token is at most
/// <see cref="CompactJws.MaxLength"/> long.
/// </summary>
internal static class SessionLimits
{
    /// <summary>Audiences of one session.</summary>
    public const int MaxAudiences = 16;

    /// <summary>Tags of one session: each is one more probe at every verdict.</summary>
    public const int MaxTags = 16;

    /// <summary>Extra claims of one session.</summary>
    public const int MaxClaims = 64;

    /// <summary>
    /// Values of the extra claims and tags that a match can name, each element of an array by itself: each is one more
    /// probe of the store at every refresh.
    /// </summary>
    public const int MaxValues = 256;

    /// <summary>Methods in <c>amr</c>.</summary>
    public const int MaxMethods = 16;

    /// <summary>Any single text, in UTF-8 bytes: what a match can hold.</summary>
    public const int MaxTextBytes = Match.MaxValueBytes;

    /// <summary>
    /// All that the caller puts into the token, as JSON: with our own claims, base64 and an RSA signature this stays
    /// below the longest token.
    /// </summary>
    public const int MaxTokenContentBytes = 8 * 1024;

    /// <summary>How far in the future <c>auth_time</c> may lie, in seconds.</summary>
    public const long MaxFutureLogin = 5;
}
