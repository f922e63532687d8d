using Rescind.Authority.Syntax;

namespace Rescind.Authority.Sessions;

/// <summary>
/// A session with its first tokens. Serialises as the answer of <c>POST /v1/sessions</c>; holds secrets: never log it.
/// </summary>
public sealed record StartedSession
{
    /// <summary>The session's id: <c>sid</c>.</summary>
    [JsonPropertyName("session_id")]
    public required string SessionId { get; init; }

    /// <summary>Whose.</summary>
    [JsonPropertyName("subject")]
    public required string Subject { get; init; }

    /// <summary>The first access token.</summary>
    [JsonPropertyName("access_token")]
    public required string AccessToken { get; init; }

    /// <summary><c>Bearer</c>.</summary>
    [JsonPropertyName("token_type")]
    public string TokenType { get; init; } = "Bearer";

    /// <summary>Seconds until the access token expires.</summary>
    [JsonPropertyName("expires_in")]
    public required long ExpiresIn { get; init; }

    /// <summary>The first refresh token.</summary>
    [JsonPropertyName("refresh_token")]
    public required string RefreshToken { get; init; }

    /// <summary>When the refresh token expires if it is not used.</summary>
    [JsonPropertyName("refresh_expires_at")]
    [JsonConverter(typeof(InstantConverter))]
    public required DateTimeOffset RefreshExpiresAt { get; init; }

    /// <summary>Names the session alone: tokens never get into a log by accident (G7).</summary>
    public override string ToString() => $"session {SessionId}";
}
