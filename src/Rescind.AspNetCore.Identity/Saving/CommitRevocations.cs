using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Rescind.AspNetCore.Identity.Diagnostics;
using Rescind.AspNetCore.Identity.Revocations;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// Puts the commit of a DbContext between two revocations, whoever commits and whenever: a save of its own, or the application's
/// transaction. What is rolled back has revoked nothing. Safe for concurrent use, one context or transaction at a time.
/// </summary>
internal sealed class CommitRevocations(
    UserRevocations revocations, TrackedChanges tracked, OwedRevocations owed, UnseenTransactions unseen)
{
    private readonly ConditionalWeakTable<DbContext, ContextChanges> _contexts = [];
    private readonly ConditionalWeakTable<DbTransaction, TransactionChanges> _transactions = [];
    private readonly FollowedTransactions _followed = new();

    /// <summary>
    /// Writes by a store of EF Core, which saves now, or <paramref name="savesLater"/> leaves that to the application.
    /// </summary>
    public async Task<IdentityResult> AroundAsync(
        DbContext context, bool savesLater, PendingChange change, Func<Task<IdentityResult>> write)
    {
        var changes = Of(context);
        var (isInsideSave, succeeded) = (changes.IsAnnounced, false);
        var earlier = change.State is null ? TrackedChanges.RowsOf(context) : [];
        changes.Unsaved.Add(change);
        try
        {
            var result = await write().ConfigureAwait(false);
            succeeded = result.Succeeded;
            if (succeeded && !savesLater && change is { Plan: not null, IsHeldBack: false } && changes.Unsaved.Contains(change))
            {
                await WrittenUnseenAsync(context, change).ConfigureAwait(false);
            }

            return result;
        }
        finally
        {
            await (isInsideSave ? Task.CompletedTask : AbandonAsync(context)).ConfigureAwait(false);
            Leave(context, change, earlier, succeeded);
        }
    }

    public async Task SavingAsync(DbContext context)
    {
        await AbandonAsync(context).ConfigureAwait(false);
        var changes = Of(context);
        changes.Unsaved.RemoveAll(change => change.IsGivenUpIn(context));
        await tracked.AddAsync(context, changes.Unsaved).ConfigureAwait(false);
        if (changes.Unsaved.Any(static change => change.Plan is not null))
        {
            _followed.RefuseUnseen(context);
            owed.Add(context, changes.Unsaved);
            await PrepareAsync(context, changes).ConfigureAwait(false);
        }
        else if (StoreContext.HasOtherInterceptors(context) && tracked.ReachesInto(context))
        {
            changes.GetTransaction(context);
        }

        changes.IsAnnounced = changes.Unsaved.Count > 0 || changes.SetAside is not null;
    }

    /// <summary>
    /// The save sends rows. At the first of them an interceptor of the application may have changed more since we looked.
    /// </summary>
    public async Task WritingAsync(DbContext context)
    {
        var changes = Of(context);
        changes.GoOn();
        if (!changes.IsSaving)
        {
            changes.IsSaving = true;
            await (StoreContext.HasOtherInterceptors(context) ? LookAgainAsync(context, changes) : Task.CompletedTask)
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// A save that sends nothing, though there is something to save, was left out by an interceptor of the application.
    /// </summary>
    public Task SavedAsync(DbContext context, int rows)
    {
        var changes = Of(context);
        if (rows > 0 || changes.IsSaving || !context.ChangeTracker.HasChanges())
        {
            return SavedAsync(context);
        }

        changes.Unsaved.ForEach(static change => change.IsHeldBack = true);
        return NotSavedAsync(context);
    }

    /// <summary>The exception may still be suppressed, and then the save goes on. What comes next tells.</summary>
    public Task OvertakenAsync(DbContext context)
    {
        var changes = Of(context);
        changes.IsOvertaken = true;
        return changes.Own is { } own && !context.Database.IsRelational() ? UndoAsync(own) : Task.CompletedTask;
    }

    private async Task SavedAsync(DbContext context)
    {
        var changes = Of(context);
        changes.GoOn();
        OwedRevocations.Release(context, changes.Unsaved);
        var isPartial = changes.IsPartial;
        var own = changes.Finish(context);
        var transaction = StoreContext.TransactionOf(context);
        if (own is null && transaction is not null)
        {
            _transactions.GetOrCreateValue(transaction).Take(context, changes.Unsaved, isPartial);
        }

        // A save without any change commits nothing: what it was not asked to write is still to come.
        var isTaken = own is not null || transaction is not null;
        var again = isTaken ? changes.Unsaved.Select(change => change.AgainIn(context)).OfType<PendingChange>().ToList() : [];
        changes.Unsaved.RemoveAll(change => isTaken || change.Plan is null);
        changes.Unsaved.AddRange(again);
        if (own is { IsLeftOpen: false })
        {
            own.Begun.AddRange(isPartial && !context.Database.IsRelational() ? await BeginAsync(own).ConfigureAwait(false) : []);
            await CompleteAsync(own).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// In a transaction of the application a failed save of EF Core goes back to where it began, if there are savepoints.
    /// Otherwise, or if an interceptor stopped it at its end, its rows may be there, and go with the transaction.
    /// </summary>
    public async Task NotSavedAsync(DbContext context)
    {
        var changes = Of(context);
        var mayBeWritten = changes is { IsSaving: true, Own: null, SetAside: null }
            && context.Database.CurrentTransaction is not null;
        var isCommitted = changes.Own is { IsCommitted: true };
        if (!isCommitted)
        {
            OwedRevocations.Withdraw(context, changes.Unsaved);
        }

        if (isCommitted || mayBeWritten)
        {
            await SavedAsync(context).ConfigureAwait(false);
        }
        else if (changes.Finish(context) is { } own && !context.Database.IsRelational())
        {
            await UndoAsync(own).ConfigureAwait(false);
        }
    }

    public async Task StartedAsync(DbConnection connection, DbTransaction transaction, DbContext? context)
    {
        await LeftAsync(connection, context).ConfigureAwait(false);
        _followed.Add(connection, transaction);
    }

    public async Task CommittingAsync(DbTransaction transaction, DbContext? context, CancellationToken cancellationToken)
    {
        if (context is not null && Of(context) is { IsAnnounced: true, IsSaving: true } saving)
        {
            await TakeOwnAsync(transaction, context, saving).ConfigureAwait(false);
        }

        if (_transactions.TryGetValue(transaction, out var changes))
        {
            cancellationToken.ThrowIfCancellationRequested();
            changes.Begun.AddRange(await BeginAsync(changes).ConfigureAwait(false));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public async Task CommittedAsync(DbTransaction transaction, DbContext? context)
    {
        // An interceptor of the application may have left the commit out. Only the database knows, if the transaction
        // does not say that it is over.
        if (!UnseenTransactions.IsOver(transaction) && _transactions.TryGetValue(transaction, out var open)
            && !await unseen.HasAnyAsync(open).ConfigureAwait(false))
        {
            open.IsLeftOpen = true;
        }
        else if (Ended(transaction) is { } changes)
        {
            changes.IsCommitted = true;
            if (context is null || Of(context).Own != changes)
            {
                await CompleteAsync(changes).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// A database that still answers has said no, or was not asked. Where the link broke, the commit may have happened:
    /// its acts stay, which is the safe side.
    /// </summary>
    public async Task NotCommittedAsync(DbTransaction transaction, DbContext? context, Exception cause)
    {
        if (context?.Database.GetDbConnection().State is not ConnectionState.Open
            || !_transactions.TryGetValue(transaction, out var changes))
        {
            return;
        }

        // Somebody else has ended it, or said so after the commit.
        if (cause is not DbException && UnseenTransactions.IsOver(transaction)
            && await TryCompleteAsync(transaction).ConfigureAwait(false))
        {
            return;
        }

        await UndoAsync(changes).ConfigureAwait(false);
    }

    public async Task RolledBackAsync(DbTransaction transaction)
    {
        // The rollback may have been left out as well.
        if (!UnseenTransactions.IsOver(transaction) && _transactions.TryGetValue(transaction, out var open))
        {
            open.IsLeftOpen = true;
        }
        else if (Ended(transaction) is { } changes)
        {
            await UndoAsync(changes).ConfigureAwait(false);
        }
    }

    /// <summary>A save that fails goes back to where it began, and takes nothing along that was there before.</summary>
    public async Task RolledBackPartlyAsync(DbTransaction transaction, DbContext? context)
    {
        if (context is not null && Of(context) is { IsSaving: true } saving)
        {
            saving.IsSaving = false;
            await (saving.IsOvertaken ? NotSavedAsync(context) : Task.CompletedTask).ConfigureAwait(false);
        }
        else if (_transactions.TryGetValue(transaction, out var changes))
        {
            await OwedRevocations.KeepWrittenAsync(context, changes).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The connection is free again: whoever ended its transaction without telling EF Core has done so by now, and a
    /// save that was overtaken is over.
    /// </summary>
    public async Task LeftAsync(DbConnection connection, DbContext? context)
    {
        if (context is not null && Of(context).IsOvertaken)
        {
            await NotSavedAsync(context).ConfigureAwait(false);
        }

        if (_followed.On(connection) is { } transaction
            && (UnseenTransactions.IsOver(transaction) || connection.State is ConnectionState.Closed))
        {
            await TryCompleteAsync(transaction).ConfigureAwait(false);
        }
    }

    private async Task<bool> TryCompleteAsync(DbTransaction transaction)
    {
        if (Ended(transaction) is not { } changes)
        {
            return true;
        }

        await unseen.KeepCommittedAsync(changes).ConfigureAwait(false);
        await (changes.Changes.Count > 0 ? CompleteAsync(changes) : changes.IsLeftOpen ? UndoAsync(changes) : Task.CompletedTask)
            .ConfigureAwait(false);
        return changes.Changes.Count > 0;
    }

    private TransactionChanges? Ended(DbTransaction transaction) =>
        _transactions.TryGetValue(transaction, out var changes) && _transactions.Remove(transaction) ? changes : null;

    // What a call leaves for a later save. What it did not get written of the user itself is compared anew when
    // something else writes it.
    private void Leave(DbContext context, PendingChange change, HashSet<object> earlier, bool succeeded)
    {
        change.IsLeftToSave = true;
        var unsaved = Of(context).Unsaved;
        if (change.State is null && unsaved.Contains(change))
        {
            change.Rows = [.. TrackedChanges.RowsOf(context).Where(row => row != change.Entity && !earlier.Contains(row))];
        }
        else if (!succeeded && change.Plan is not null && StoreContext.Maps(context, change.Entity))
        {
            unsaved.Remove(change);
        }
    }

    // An interceptor of the application may stop a save that was announced, and nobody says so.
    private Task AbandonAsync(DbContext context) =>
        Of(context) is { IsAnnounced: true } or { IsOvertaken: true } ? NotSavedAsync(context) : Task.CompletedTask;

    // Too late for a row of the outbox.
    private async Task LookAgainAsync(DbContext context, ContextChanges changes)
    {
        var seen = changes.Unsaved.Count;
        await tracked.AddAsync(context, changes.Unsaved).ConfigureAwait(false);
        if (changes.Unsaved.Skip(seen).Any(static change => change.Plan is not null))
        {
            changes.IsAnnounced = true;
            _followed.RefuseUnseen(context);
            if (StoreContext.TransactionOf(context) is null || OwedRevocations.AreKeptIn(context))
            {
                throw UserErrors.TransactionUnseen.ToException(
                    "An interceptor of the application changes users in SavingChanges after Rescind has looked: add it "
                    + "before AddRescind.");
            }
        }
    }

    // The commit of a save; or that of the application, after one that was overtaken and that nothing took back.
    private Task TakeOwnAsync(DbTransaction transaction, DbContext context, ContextChanges saving)
    {
        if (saving is { IsOvertaken: true, SetAside: null })
        {
            return NotSavedAsync(context);
        }

        saving.GoOn();
        saving.Own = _transactions.GetOrCreateValue(transaction);
        saving.Own.Take(context, saving.Unsaved, saving.IsPartial);
        return Task.CompletedTask;
    }

    private async Task PrepareAsync(DbContext context, ContextChanges changes)
    {
        if (!context.Database.IsRelational())
        {
            var own = new TransactionChanges();
            own.Take(context, changes.Unsaved);
            own.Begun.AddRange(await BeginAsync(own).ConfigureAwait(false));
            changes.Own = own;
        }
        else
        {
            changes.GetTransaction(context);
        }
    }

    // A store that says that it has written, and whose context saved nothing: it has its own way to the rows.
    private async Task WrittenUnseenAsync(DbContext context, PendingChange change)
    {
        var written = StoreContext.TransactionOf(context) is { } transaction
            ? _transactions.GetOrCreateValue(transaction)
            : new();
        written.Take(context, [change]);
        Of(context).Unsaved.Remove(change);
        if (StoreContext.TransactionOf(context) is null)
        {
            written.Begun.AddRange(await BeginAsync(written).ConfigureAwait(false));
            await revocations.CompleteAsync(written.Plans, written.Begun).ConfigureAwait(false);
        }
    }

    private Task<IReadOnlyList<Revocation>> BeginAsync(TransactionChanges changes) => revocations.BeginAsync(changes.Plans);

    private Task UndoAsync(TransactionChanges changes)
    {
        Revocation[] begun = [.. changes.Begun];
        changes.Begun.Clear();
        return revocations.UndoAsync(begun);
    }

    private async Task CompleteAsync(TransactionChanges changes)
    {
        await revocations.CompleteAsync(changes.Plans, changes.Begun).ConfigureAwait(false);
        if (changes.IsUncertain)
        {
            await revocations.KeepPresentBlocksAsync(changes.Plans, owed.LockedUntilAsync).ConfigureAwait(false);
        }

        await owed.SettleAsync(changes).ConfigureAwait(false);
    }

    // A pooled context comes back for somebody else, who has nothing to do with what was never saved.
    private ContextChanges Of(DbContext context)
    {
        var lease = context.ContextId.Lease;
        if (!_contexts.TryGetValue(context, out var changes) || changes.Lease != lease)
        {
            changes = new(lease);
            _contexts.AddOrUpdate(context, changes);
        }

        return changes;
    }
}
