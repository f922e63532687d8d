using Rescind.AspNetCore.Identity.Diagnostics;

namespace Rescind.AspNetCore.Identity;

/// <summary>
/// The revocation that goes with a change of a user or role is not certain to be durable (RSC6101): answer 503, and let
/// the change be repeated. Never reported as an <c>IdentityResult</c>, because nothing is wrong with the change, and
/// because the user object holds it, unsaved.
/// </summary>
public sealed class RevocationNotRecordedException : Exception
{
    internal RevocationNotRecordedException(bool changeWritten, Exception cause)
        : base(
            UserErrors.NotRecorded.Sentence(changeWritten ? "The change itself was written." : "The change was not written."),
            cause) =>
        ChangeWritten = changeWritten;

    /// <summary>The stable code: <c>RSC6101</c>.</summary>
    public string Code { get; } = UserErrors.NotRecorded.Code;

    /// <summary>
    /// Whether the change is in the user store. If so, what was there before it is revoked all the same; missing is the
    /// second act, for logins and refreshes that happened in the moment between.
    /// </summary>
    public bool ChangeWritten { get; }
}

/// <summary>A login was refused because the user was changed under it (RSC6102). Nobody is logged in.</summary>
public sealed class LoginOvertakenException : Exception
{
    internal LoginOvertakenException()
        : base(UserErrors.LoginOvertaken.Sentence("Its session was ended."))
    {
    }

    /// <summary>The stable code: <c>RSC6102</c>.</summary>
    public string Code { get; } = UserErrors.LoginOvertaken.Code;
}
