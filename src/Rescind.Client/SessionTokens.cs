namespace Rescind.Client;

/// <summary>The tokens of one session at one moment. Secret: show and log none of it. Its text names no token.</summary>
public sealed record SessionTokens
{
    /// <summary>The refresh token.</summary>
    public required string RefreshToken { get; init; }

    /// <summary>The access token; null lets the first call refresh.</summary>
    public string? AccessToken { get; init; }

    /// <summary>
    /// When the access token expires, on this machine's clock: the moment before it was asked for, and its <c>expires_in</c>. Of two
    /// tokens the later one is taken for the newer. Default: expired.
    /// </summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Names no token.</summary>
    public override string ToString() => $"tokens until {ExpiresAt:O}";
}
