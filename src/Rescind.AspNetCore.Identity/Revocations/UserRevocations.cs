using System.Transactions;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Hosting;
using Rescind.AspNetCore.Identity.Diagnostics;
using Rescind.Authority.Revocations;

namespace Rescind.AspNetCore.Identity.Revocations;

/// <summary>
/// Puts a change of the user store between two revocations: the first, so that no failure and no crash leaves alive what
/// was there; the second, so that nobody slips in between with an old password or old rights. Safe for concurrent use.
/// </summary>
internal sealed class UserRevocations(IRevocations revocations, IHostApplicationLifetime host)
{
    /// <summary>
    /// Does what <paramref name="plan"/> asks around <paramref name="write"/>, and takes it back if nothing was
    /// written. For a store that writes at once.
    /// </summary>
    public async Task<IdentityResult> AroundAsync(RevocationPlan plan, Func<Task<IdentityResult>> write)
    {
        if (Transaction.Current is not null)
        {
            throw UserErrors.TransactionUnseen.ToException("It is one of System.Transactions.");
        }

        var begun = await BeginAsync([plan]).ConfigureAwait(false);
        var result = await write().ConfigureAwait(false);
        await (result.Succeeded ? CompleteAsync([plan], begun) : UndoAsync(begun)).ConfigureAwait(false);
        return result;
    }

    /// <summary>The first acts, before the change is true. All of them, or none and an exception.</summary>
    public async Task<IReadOnlyList<Revocation>> BeginAsync(IReadOnlyList<RevocationPlan> plans)
    {
        List<Revocation> begun = [];
        try
        {
            foreach (var act in plans.SelectMany(static plan => plan.Block is null ? plan.Acts : [plan.Block, .. plan.Acts]))
            {
                begun.Add(await RecordAsync(act, written: false).ConfigureAwait(false));
            }
        }
        catch (RevocationNotRecordedException)
        {
            await TryUndoAsync(begun).ConfigureAwait(false);
            throw;
        }

        return begun;
    }

    /// <summary>The second acts, when the change is true: for whoever got a token or a session since the first.</summary>
    public async Task CompleteAsync(IReadOnlyList<RevocationPlan> plans, IReadOnlyList<Revocation> begun)
    {
        foreach (var plan in plans)
        {
            foreach (var act in plan.Acts)
            {
                await RecordAsync(act, written: true).ConfigureAwait(false);
            }

            if (plan is { Subject: { } subject, Lifts.Count: > 0 })
            {
                await LiftEarlierAsync(subject, plan.Lifts, act => begun.Any(own => own.Position == act.Position))
                    .ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Takes the first acts back, for a change that was not written. A write that throws may have happened: its acts
    /// stay, which is the safe side.
    /// </summary>
    public async Task UndoAsync(IReadOnlyList<Revocation> begun)
    {
        foreach (var act in begun)
        {
            await LiftAsync(act, written: false).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Does what <paramref name="plan"/> asks, once, for a change that was committed a while ago. By now its lockout
    /// may have been taken back or another one ordered: of their blocks that one stays which ends with the present
    /// lockout, as <paramref name="lockedUntil"/> tells it.
    /// </summary>
    public async Task RepeatAsync(RevocationPlan plan, DateTimeOffset now, Func<string, Task<DateTimeOffset?>> lockedUntil)
    {
        if (plan.Block is { } block && block.Until > now)
        {
            await RecordAsync(block, written: true).ConfigureAwait(false);
        }

        await CompleteAsync([plan with { Lifts = [] }], []).ConfigureAwait(false);
        await KeepPresentBlocksAsync([plan], lockedUntil).ConfigureAwait(false);
    }

    /// <summary>
    /// Of the blocks that <paramref name="plans"/> order or lift, lifts those that do not end with the present lockout.
    /// </summary>
    public async Task KeepPresentBlocksAsync(IReadOnlyList<RevocationPlan> plans, Func<string, Task<DateTimeOffset?>> lockedUntil)
    {
        var subjects = plans.Where(static plan => plan.Lifts.Count > 0)
            .SelectMany(static plan => new[] { plan.Subject, plan.Block?.Value });
        foreach (var subject in subjects.OfType<string>().Distinct())
        {
            // Asked after the block, so that an unlocking which did not see that is seen here.
            var end = await lockedUntil(subject).ConfigureAwait(false);
            await LiftEarlierAsync(subject, [RevocationPlan.LockedOut], act => RevocationPlan.IsBlockOf(act, end))
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ends the sessions of an earlier user under the same subject, of whose going nobody was told. Null if there are
    /// none, or if the application creates users before the Authority is open.
    /// </summary>
    public async Task<RevocationPlan?> CreationAsync(string subject)
    {
        var plan = RevocationPlan.Of(new(subject) { Ends = "user created" }, null);
        try
        {
            var preview = await revocations.PreviewAsync(plan.Acts[0].ToRequest()).ConfigureAwait(false);
            return preview.Sessions > 0 ? plan : null;
        }
        catch (Exception) when (!host.ApplicationStarted.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            throw new RevocationNotRecordedException(changeWritten: false, e);
        }
    }

    /// <summary>
    /// Lifts the block that the deletion of an earlier user under the same subject has left. Returns whether there was one.
    /// </summary>
    public async Task<bool> LiftDeletionAsync(string subject)
    {
        var left = (await StandingBlocksAsync(subject, [RevocationPlan.UserDeleted]).ConfigureAwait(false)).ToList();
        await UndoAsync(left).ConfigureAwait(false);
        return left.Count > 0;
    }

    private async Task<IEnumerable<Revocation>> StandingBlocksAsync(string subject, IReadOnlyList<string> reasons) =>
        (await revocations.ListAsync(Match.Subject(subject)).ConfigureAwait(false))
            .Where(act => act is { Effect: Effect.Block, LiftedBy: null } && reasons.Contains(act.Reason));

    private async Task TryUndoAsync(List<Revocation> begun)
    {
        try
        {
            await UndoAsync(begun).ConfigureAwait(false);
        }
        catch (RevocationNotRecordedException)
        {
            // The Authority records nothing at present; the caller is told so by what had failed first.
        }
    }

    // Blocks of somebody else, and for other reasons, are none of Identity's business.
    private async Task LiftEarlierAsync(string subject, IReadOnlyList<string> reasons, Func<Revocation, bool> stays)
    {
        try
        {
            foreach (var act in await StandingBlocksAsync(subject, reasons).ConfigureAwait(false))
            {
                if (!stays(act))
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
    private async Task<Revocation> RecordAsync(PlannedAct act, bool written)
    {
        try
        {
            return (await revocations.RevokeAsync(act.ToRequest(), CancellationToken.None).ConfigureAwait(false)).Revocation;
        }
        catch (Exception e)
        {
            throw new RevocationNotRecordedException(written, e);
        }
    }
}
