namespace Rescind.AspNetCore.Identity.Revocations;

/// <summary>What decides about a user's sessions, at one moment.</summary>
/// <param name="Subject"><c>sub</c> of the user's sessions.</param>
/// <param name="UserName">What the user logs in by.</param>
/// <param name="PasswordHash">The hash, where the store keeps one.</param>
/// <param name="SecurityStamp">What Identity changes with every credential, where the store keeps one.</param>
/// <param name="Email">Where a forgotten password is asked for, where the store keeps one.</param>
/// <param name="Phone">Where codes are sent, where the store keeps one.</param>
/// <param name="TwoFactor">Whether a second factor is demanded.</param>
/// <param name="LockedUntil">When the lockout ends, if one is set and the user can be locked out at all.</param>
internal sealed record UserState(
    string Subject, string? UserName, string? PasswordHash, string? SecurityStamp, string? Email, string? Phone, bool TwoFactor,
    DateTimeOffset? LockedUntil)
{
    public bool IsLockedAt(DateTimeOffset now) => LockedUntil > now;

    /// <summary>Whether the lockout ends in the same second, as blocks do: stores keep instants more or less finely.</summary>
    public bool IsLockedAsLongAs(UserState? other) => LockedUntil?.ToUnixTimeSeconds() == other?.LockedUntil?.ToUnixTimeSeconds();

    /// <summary>Names the subject alone (G7).</summary>
    public override string ToString() => Subject;
}

/// <summary>What is being done to a user, where the outcome alone does not say it.</summary>
internal enum UserIntent : byte
{
    /// <summary>Whatever the outcome shows.</summary>
    Change = 0,

    /// <summary>
    /// A password is checked. Its hash may be made anew, and the stamp with it, though nobody changed a credential.
    /// </summary>
    CheckPassword = 1,

    /// <summary>Failed logins are counted, and may lock the user out.</summary>
    CountFailure = 2,

    /// <summary>A forgotten password is replaced: whoever is logged in may be the thief.</summary>
    ResetPassword = 3,

    /// <summary>A lockout is ordered or taken back.</summary>
    SetLockout = 4,
}
