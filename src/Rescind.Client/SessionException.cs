namespace Rescind.Client;

/// <summary>
/// No access token can be had for a call, which was not sent. This type itself means that there is no session (RSC5101); those
/// derived from it say what else it is. The message names the next step, and never a token.
/// </summary>
public class SessionException : Exception
{
    internal SessionException(Error error, string message, Exception? cause)
        : base(message, cause) => Code = error.Code;

    /// <summary>The stable code, for example <c>RSC5102</c>; <c>docs/errors</c> has a page for each.</summary>
    public string Code { get; }
}
