using Microsoft.AspNetCore.Identity;
using Rescind.Authority.Revoking;

namespace Rescind.AspNetCore.Identity.Revoking;

/// <summary>
/// Puts a change of the user store between two revocations: the first, so that no failure and no crash leaves alive what was there; the
/// second, so that nobody slips in between with an old password or old rights. Safe for concurrent use.
/// </summary>
internal sealed class UserRevocations(IRevocations revocations, PresentSession present, TimeProvider time)
{
    /// <summary>How long a deleted user's subject stays blocked: longer than any login can be half done.</summary>
    private static readonly TimeSpan HalfDoneLogin = TimeSpan.FromDays(1);

    private const string LockedOut = "ASP.NET Core Identity: locked out";

    /// <summary>The latest end of a block; a lockout without one is <see cref="DateTimeOffset.MaxValue"/>.</summary>
    private static readonly DateTimeOffset Latest = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Revokes what <paramref name="change"/> asks, around <paramref name="write"/>.</summary>
    public async Task<IdentityResult> AroundAsync(UserChange change, Func<Task<IdentityResult>> write)
    {
        var block = change.BlockUntil is { } until ? await BlockAsync(change.Subject, until, LockedOut).ConfigureAwait(false) : null;
        await EndAsync(change, written: false).ConfigureAwait(false);
        var result = await write().ConfigureAwait(false);
        if (!result.Succeeded)
        {
            await UndoAsync(block).ConfigureAwait(false);
            return result;
        }

        await EndAsync(change, written: true).ConfigureAwait(false);
        if (change.LiftsBlocks)
        {
            await LiftEarlierAsync(change.Subject, block).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>Blocks and ends everything of <paramref name="subject"/>, then deletes the user.</summary>
    public async Task<IdentityResult> DeleteAsync(string subject, Func<Task<IdentityResult>> write)
    {
        // The block also stands against a login that passed its password before the deletion (T-25).
        var block = await BlockAsync(subject, time.GetUtcNow() + HalfDoneLogin, Reason("user deleted")).ConfigureAwait(false);
        await RecordAsync(Request(Match.Subject(subject), Effect.End, "user deleted"), written: false).ConfigureAwait(false);
        var result = await write().ConfigureAwait(false);
        if (!result.Succeeded)
        {
            await UndoAsync(block).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>Renews the tokens of <paramref name="matches"/> around <paramref name="write"/>: nobody is logged out.</summary>
    public async Task<IdentityResult> RenewAroundAsync(IReadOnlyList<Match> matches, string reason, Func<Task<IdentityResult>> write)
    {
        await RenewAsync(matches, reason, written: false).ConfigureAwait(false);
        var result = await write().ConfigureAwait(false);
        if (result.Succeeded)
        {
            await RenewAsync(matches, reason, written: true).ConfigureAwait(false);
        }

        return result;
    }

    private async Task RenewAsync(IReadOnlyList<Match> matches, string reason, bool written)
    {
        foreach (var match in matches)
        {
            await RecordAsync(Request(match, Effect.Renew, reason), written).ConfigureAwait(false);
        }
    }

    private async Task EndAsync(UserChange change, bool written)
    {
        if (change.Ends is not { } reason)
        {
            return;
        }

        var spared = change.SparesPresent ? present.Of(change.Subject) : null;
        var end = Request(Match.Subject(change.Subject), Effect.End, reason) with { Except = spared is null ? [] : [spared] };
        await RecordAsync(end, written).ConfigureAwait(false);
    }

    private Task<Revocation> BlockAsync(string subject, DateTimeOffset until, string reason) => RecordAsync(
        new() { Match = Match.Subject(subject), Effect = Effect.Block, Until = until < Latest ? until : Latest, Reason = reason }, written: false);

    // A write that throws may have happened: its block stays, which is the safe side. Only a write that says no is undone.
    private Task UndoAsync(Revocation? block) => block is null ? Task.CompletedTask : LiftAsync(block, written: false);

    // Blocks of somebody else, and for other reasons, are none of a lockout's business.
    private async Task LiftEarlierAsync(string subject, Revocation? except)
    {
        try
        {
            foreach (var act in await revocations.ListAsync(Match.Subject(subject)).ConfigureAwait(false))
            {
                if (act is { Effect: Effect.Block, LiftedBy: null, Reason: LockedOut } && act.Position != except?.Position)
                {
                    await LiftAsync(act, written: true).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is not RevocationNotRecordedException)
        {
            throw new RevocationNotRecordedException(changeWritten: true, e);
        }
    }

    private async Task LiftAsync(Revocation act, bool written)
    {
        try
        {
            await revocations.LiftAsync(act.Position).ConfigureAwait(false);
        }
        catch (RevocationRefusedException)
        {
            // Lifted by somebody else in the meantime, or over and forgotten: what was asked for is so.
        }
        catch (Exception e)
        {
            throw new RevocationNotRecordedException(written, e);
        }
    }

    // Not cancelled with the request: the caller may leave, the change is half made.
    private async Task<Revocation> RecordAsync(RevocationRequest request, bool written)
    {
        try
        {
            return (await revocations.RevokeAsync(request, CancellationToken.None).ConfigureAwait(false)).Revocation;
        }
        catch (Exception e)
        {
            throw new RevocationNotRecordedException(written, e);
        }
    }

    private static RevocationRequest Request(Match match, Effect effect, string reason) =>
        new() { Match = match, Effect = effect, Reason = Reason(reason) };

    private static string Reason(string what) => "ASP.NET Core Identity: " + what;
}
