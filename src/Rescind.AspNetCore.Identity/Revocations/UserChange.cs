namespace Rescind.AspNetCore.Identity.Revocations;

/// <summary>What a change of a user asks to be revoked. Immutable.</summary>
/// <param name="Subject">Whose sessions: the subject from before the change.</param>
internal sealed record UserChange(string Subject)
{
    /// <summary>Why everything ends; null if nothing does.</summary>
    public string? Ends { get; init; }

    /// <summary>Whether the session that makes the change lives on.</summary>
    public bool SparesPresent { get; init; }

    /// <summary>When the block of a lockout ends; null for none.</summary>
    public DateTimeOffset? BlockUntil { get; init; }

    /// <summary>Whose sessions the block refuses: the subject from the change on.</summary>
    public string BlockedSubject { get; init; } = Subject;

    /// <summary>Whether blocks of earlier lockouts are lifted.</summary>
    public bool LiftsBlocks { get; init; }

    /// <summary>What lies between two states, or null if it is nothing to anybody's session. Pure.</summary>
    /// <param name="before">The state from before; null if the store does not tell, and then the user counts as changed.</param>
    /// <param name="after">The state to be written.</param>
    /// <param name="intent">What is being done.</param>
    /// <param name="blocksAfterFailures">Whether failed logins block sessions.</param>
    /// <param name="now">The present moment.</param>
    public static UserChange? Between(
        UserState? before, UserState after, UserIntent intent, bool blocksAfterFailures, DateTimeOffset now)
    {
        // Failed logins bring no block, but shorten one with the lockout that it stands for.
        var counts = intent is not UserIntent.CountFailure || blocksAfterFailures;
        var renamed = before is not null && before.Subject != after.Subject;
        var shortens = before is not null && before.IsLockedAt(now) && after.LockedUntil < before.LockedUntil;
        var locks = (counts || shortens) && after.IsLockedAt(now) && (renamed || !after.IsLockedAsLongAs(before));
        var lifts = !after.IsLockedAt(now) && (intent is UserIntent.SetLockout || before?.IsLockedAt(now) == true);
        var ends = locks && intent is not UserIntent.CountFailure ? "locked out" : EndReason(before, after, intent);
        var subject = (before ?? after).Subject;

        // Somebody without a name, where that is the subject, has no sessions.
        return subject.Length == 0 || (ends is null && !locks && !lifts) ? null : new(subject)
        {
            Ends = ends,
            SparesPresent = !locks && intent is not UserIntent.ResetPassword && !renamed,
            BlockUntil = locks && after.Subject.Length > 0 ? after.LockedUntil : null,
            BlockedSubject = after.Subject,
            LiftsBlocks = locks || lifts,
        };
    }

    /// <summary>
    /// Both of two changes that are written at once, the <paramref name="first"/> before the <paramref name="second"/>. Pure.
    /// </summary>
    public static UserChange? Both(UserChange? first, UserChange? second) => (first, second) switch
    {
        (null, _) => second,
        (_, null) => first,
        _ => first with
        {
            Ends = first.Ends ?? second.Ends,
            SparesPresent = (first.Ends is null || first.SparesPresent) && (second.Ends is null || second.SparesPresent),
            BlockUntil = second.LiftsBlocks ? second.BlockUntil : first.BlockUntil,
            BlockedSubject = second.BlockedSubject,
            LiftsBlocks = first.LiftsBlocks || second.LiftsBlocks,
        },
    };

    // The most telling first: a new password brings a new stamp.
    private static string? EndReason(UserState? before, UserState after, UserIntent intent) =>
        intent is UserIntent.CheckPassword ? null
        : before is null ? "user changed"
        : before.Subject != after.Subject || before.UserName != after.UserName ? "user name changed"
        : before.PasswordHash != after.PasswordHash ? "password changed"
        : before.TwoFactor != after.TwoFactor ? "two-factor login changed"
        : before.Email != after.Email ? "e-mail changed"
        : before.Phone != after.Phone ? "phone changed"
        : before.SecurityStamp != after.SecurityStamp ? "security stamp changed"
        : null;
}
