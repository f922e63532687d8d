namespace Rescind.Client.Refreshing;

/// <summary>What may be in a token, so that none can break a header or a form.</summary>
internal static class TokenText
{
    /// <summary>Whether there is a refresh token, and the access token is one or none.</summary>
    public static bool AreTokens(SessionTokens tokens) =>
        IsRefreshToken(tokens.RefreshToken) && (tokens.AccessToken is null || IsAccessToken(tokens.AccessToken));

    /// <summary>b64token, RFC 6750 section 2.1.</summary>
    public static bool IsAccessToken(string? text) =>
        text is { Length: > 0 } && text.All(c => char.IsAsciiLetterOrDigit(c) || "-._~+/=".Contains(c));

    /// <summary>1*VSCHAR, RFC 6749 appendix A.17.</summary>
    public static bool IsRefreshToken(string? text) => text is { Length: > 0 } && text.All(c => c is >= ' ' and <= '~');
}
