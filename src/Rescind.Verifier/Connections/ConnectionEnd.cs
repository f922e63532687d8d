namespace Rescind.Verifier.Connections;

/// <summary>
/// Why a connection is closed: the same code on a WebSocket's close frame, in a hub's close message and in a stream's
/// last event.
/// </summary>
/// <param name="Code">The WebSocket close code; from 4000 on they are ours.</param>
/// <param name="Reason">One word for programs.</param>
/// <param name="MayReturn">Whether it makes sense to connect again by itself, with the same login.</param>
internal sealed record ConnectionEnd(int Code, string Reason, bool MayReturn)
{
    /// <summary>Session or token taken back: log in again.</summary>
    public static readonly ConnectionEnd Revoked = new(4401, "session_revoked", MayReturn: false);

    /// <summary>The first message was no valid token: log in.</summary>
    public static readonly ConnectionEnd NotValid = new(4401, "invalid_token", MayReturn: false);

    /// <summary>No first message in time.</summary>
    public static readonly ConnectionEnd NoCredentials = new(4408, "no_credentials", MayReturn: false);

    /// <summary>The login is too old: log in again.</summary>
    public static readonly ConnectionEnd LoginRequired = new(4401, "insufficient_user_authentication", MayReturn: false);

    /// <summary>The new token is another's, or not allowed here.</summary>
    public static readonly ConnectionEnd NotAllowed = new(4403, "not_allowed", MayReturn: false);

    /// <summary>The token's time is over: refresh, then connect again.</summary>
    public static readonly ConnectionEnd Expired = new(4419, "token_expired", MayReturn: true);

    /// <summary>Not known whether the token still holds: connect again later.</summary>
    public static readonly ConnectionEnd TryLater = new(1013, "try_again_later", MayReturn: true);

    /// <summary>This app stops: connect again, which leads to another instance or to the next start.</summary>
    public static readonly ConnectionEnd Stopping = new(1012, "service_restart", MayReturn: true);

    /// <summary>The code as the first word, then the reason.</summary>
    public string Text { get; } = FormattableString.Invariant($"{Code} {Reason}");
}
