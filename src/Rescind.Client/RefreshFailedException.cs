namespace Rescind.Client;

/// <summary>
/// The access token is used up and no new one could be had. The session is kept: a later call asks again, with the same refresh
/// token, after a growing pause. Codes: RSC5103 to RSC5107.
/// </summary>
public sealed class RefreshFailedException : SessionException
{
    internal RefreshFailedException(Error error, string message, bool isTransient, Exception? cause)
        : base(error, message, cause) => IsTransient = isTransient;

    /// <summary>
    /// True for what passes by itself: no network, a timeout, 429 or 5xx. False for what somebody must put right: credentials,
    /// an answer that is none, a store that fails.
    /// </summary>
    public bool IsTransient { get; }
}
