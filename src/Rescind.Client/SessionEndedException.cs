namespace Rescind.Client;

/// <summary>
/// The Authority ended the session (<c>invalid_grant</c>, RFC 6749 section 5.2; RSC5102). Final: every later call fails at once
/// like this one, without a request, until a new session is started.
/// </summary>
public sealed class SessionEndedException : SessionException
{
    internal SessionEndedException(Error error, string message, SessionEnd end)
        : base(error, message, null) => End = end;

    /// <summary>Why, as far as the Authority said.</summary>
    public SessionEnd End { get; }
}
