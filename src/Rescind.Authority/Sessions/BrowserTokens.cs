namespace Rescind.Authority.Sessions;

/// <summary>What a page gets in cookie mode: an access token for its memory. Holds a secret: never log it.</summary>
public sealed record BrowserTokens
{
    /// <summary>The access token.</summary>
    [JsonPropertyName("access_token")]
    public required string AccessToken { get; init; }

    /// <summary>Seconds until the access token expires.</summary>
    [JsonPropertyName("expires_in")]
    public required long ExpiresIn { get; init; }

    /// <summary>Names no token (G7).</summary>
    public override string ToString() => "tokens of a browser";
}
