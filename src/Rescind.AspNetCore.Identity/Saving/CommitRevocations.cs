using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Transactions;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Rescind.AspNetCore.Identity.Diagnostics;
using Rescind.AspNetCore.Identity.Revoking;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// Puts the commit of a DbContext between two revocations, whoever commits and whenever: a save of its own, or the application's transaction.
/// What is rolled back has revoked nothing. Safe for concurrent use, one context or transaction at a time.
/// </summary>
internal sealed class CommitRevocations(UserRevocations revocations, TrackedChanges tracked, OwedRevocations owed, UnseenTransactions unseen)
{
    private readonly ConditionalWeakTable<DbContext, ContextChanges> _contexts = [];
    private readonly ConditionalWeakTable<DbTransaction, TransactionChanges> _transactions = [];
    private readonly ConditionalWeakTable<DbConnection, DbTransaction> _followed = [];

    /// <summary>Writes by a store of EF Core, which saves now, or <paramref name="savesLater"/> leaves that to the application.</summary>
    public async Task<IdentityResult> AroundAsync(DbContext context, bool savesLater, PendingChange change, Func<Task<IdentityResult>> write)
    {
        var changes = Of(context);
        var (isInsideSave, succeeded) = (changes.IsAnnounced, false);
        var earlier = change.State is null ? TrackedChanges.RowsOf(context) : [];
        changes.Unsaved.Add(change);
        try
        {
            var result = await write().ConfigureAwait(false);
            succeeded = result.Succeeded;
            if (succeeded && !savesLater && change.Plan is not null && changes.Unsaved.Contains(change))
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
            RefuseUnseen(context);
            owed.Add(context, changes.Unsaved);
            await PrepareAsync(context, changes).ConfigureAwait(false);
        }

        changes.IsAnnounced = changes.Unsaved.Count > 0;
    }

    public void Writing(DbContext context) => Of(context).IsSaving = true;

    public async Task SavedAsync(DbContext context)
    {
        var changes = Of(context);
        OwedRevocations.Release(context, changes.Unsaved);
        var own = Finish(context, changes);
        var transaction = Current(context);
        if (own is null && transaction is not null)
        {
            _transactions.GetOrCreateValue(transaction).Take(context, changes.Unsaved);
        }

        // A save without any change commits nothing: what it was not asked to write is still to come.
        var isTaken = own is not null || transaction is not null;
        var again = isTaken ? changes.Unsaved.Select(change => change.AgainIn(context)).OfType<PendingChange>().ToList() : [];
        changes.Unsaved.RemoveAll(change => isTaken || change.Plan is null);
        changes.Unsaved.AddRange(again);
        if (own is not null)
        {
            await CompleteAsync(own).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// In a transaction of the application a failed save of EF Core goes back to where it began, if there are savepoints. Otherwise, or if an
    /// interceptor stopped it at its end, its rows may be there, and go with the transaction.
    /// </summary>
    /// <param name="context">The context that saved.</param>
    /// <param name="goesBack">Whether it does so only now.</param>
    public async Task NotSavedAsync(DbContext context, bool goesBack = false)
    {
        var changes = Of(context);
        var transaction = changes is { Own: null, SetAside: null } ? context.Database.CurrentTransaction : null;
        var staysSaving = goesBack && context.Database.AutoSavepointsEnabled && transaction?.SupportsSavepoints is true;
        var mayBeWritten = changes.IsSaving && transaction is not null && !staysSaving;
        var isCommitted = changes.Own is { IsCommitted: true };
        if (!isCommitted)
        {
            OwedRevocations.Withdraw(context, changes.Unsaved);
        }

        if (isCommitted || mayBeWritten)
        {
            await SavedAsync(context).ConfigureAwait(false);
        }
        else if (Finish(context, changes) is { } own && !context.Database.IsRelational())
        {
            await revocations.UndoAsync(own.Begun).ConfigureAwait(false);
        }

        changes.IsSaving = staysSaving;
    }

    public async Task StartedAsync(DbConnection connection, DbTransaction transaction)
    {
        await LeftAsync(connection).ConfigureAwait(false);
        _followed.AddOrUpdate(connection, transaction);
    }

    public async Task CommittingAsync(DbTransaction transaction, DbContext? context, CancellationToken cancellationToken)
    {
        if (context is not null && Of(context) is { IsAnnounced: true, IsSaving: true } saving)
        {
            saving.Own = _transactions.GetOrCreateValue(transaction);
            saving.Own.Take(context, saving.Unsaved);
        }

        if (_transactions.TryGetValue(transaction, out var changes))
        {
            cancellationToken.ThrowIfCancellationRequested();
            changes.Begun.AddRange(await revocations.BeginAsync(changes.Plans).ConfigureAwait(false));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public async Task CommittedAsync(DbTransaction transaction, DbContext? context)
    {
        if (Ended(transaction) is { } changes)
        {
            changes.IsCommitted = true;
            if (context is null || Of(context).Own != changes)
            {
                await CompleteAsync(changes).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// A database that still answers has said no, or was not asked. Where the link broke, the commit may have happened: its acts stay, which is
    /// the safe side.
    /// </summary>
    public async Task NotCommittedAsync(DbTransaction transaction, DbContext? context, Exception cause)
    {
        if (context?.Database.GetDbConnection().State is not ConnectionState.Open || !_transactions.TryGetValue(transaction, out var changes))
        {
            return;
        }

        // Somebody else has ended it, or said so after the commit.
        if (cause is not DbException && UnseenTransactions.IsOver(transaction) && await TryCompleteAsync(transaction).ConfigureAwait(false))
        {
            return;
        }

        Revocation[] begun = [.. changes.Begun];
        changes.Begun.Clear();
        await revocations.UndoAsync(begun).ConfigureAwait(false);
    }

    public async Task RolledBackAsync(DbTransaction transaction)
    {
        if (Ended(transaction) is { } changes)
        {
            await revocations.UndoAsync(changes.Begun).ConfigureAwait(false);
        }
    }

    /// <summary>A save that fails goes back to where it began, and takes nothing along that was there before.</summary>
    public async Task RolledBackPartlyAsync(DbTransaction transaction, DbContext? context)
    {
        if (context is not null && Of(context) is { IsSaving: true } saving)
        {
            saving.IsSaving = false;
        }
        else if (_transactions.TryGetValue(transaction, out var changes))
        {
            await OwedRevocations.KeepWrittenAsync(context, changes).ConfigureAwait(false);
        }
    }

    /// <summary>The connection is free again: whoever ended its transaction without telling EF Core has done so by now.</summary>
    public Task LeftAsync(DbConnection connection) =>
        _followed.TryGetValue(connection, out var transaction) && UnseenTransactions.IsOver(transaction)
            ? TryCompleteAsync(transaction)
            : Task.CompletedTask;

    private async Task<bool> TryCompleteAsync(DbTransaction transaction)
    {
        if (Ended(transaction) is not { } changes)
        {
            return true;
        }

        await unseen.KeepCommittedAsync(changes).ConfigureAwait(false);
        await (changes.Changes.Count > 0 ? CompleteAsync(changes) : Task.CompletedTask).ConfigureAwait(false);
        return changes.Changes.Count > 0;
    }

    private TransactionChanges? Ended(DbTransaction transaction) =>
        _transactions.TryGetValue(transaction, out var changes) && _transactions.Remove(transaction) ? changes : null;

    // What a call leaves for a later save. What it did not get written of the user itself is compared anew when something else writes it.
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
    private Task AbandonAsync(DbContext context) => Of(context).IsAnnounced ? NotSavedAsync(context) : Task.CompletedTask;

    // A transaction of EF Core tells us of its commit; of any other one the outbox has to.
    private void RefuseUnseen(DbContext context)
    {
        if (Transaction.Current is not null || context.Database.GetEnlistedTransaction() is not null)
        {
            throw new InvalidOperationException(UserErrors.TransactionUnseen.Sentence("It is one of System.Transactions."));
        }

        if (Current(context) is { } transaction && !IsFollowed(context, transaction) && !OwedRevocations.AreKeptIn(context))
        {
            throw new InvalidOperationException(UserErrors.TransactionUnseen.Sentence("EF Core did not begin it, and there is no outbox."));
        }
    }

    private bool IsFollowed(DbContext context, DbTransaction transaction) =>
        _followed.TryGetValue(context.Database.GetDbConnection(), out var begun) && begun == transaction;

    // A save of its own gets a transaction even for a single row: what is revoked just before its commit is known to be written.
    private async Task PrepareAsync(DbContext context, ContextChanges changes)
    {
        if (!context.Database.IsRelational())
        {
            var own = new TransactionChanges();
            own.Take(context, changes.Unsaved);
            own.Begun.AddRange(await revocations.BeginAsync(own.Plans).ConfigureAwait(false));
            changes.Own = own;
        }
        else if (Current(context) is null)
        {
            changes.SetAside = context.Database.AutoTransactionBehavior;
            context.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
        }
    }

    // A store that says that it has written, and whose context saved nothing: it has its own way to the rows.
    private async Task WrittenUnseenAsync(DbContext context, PendingChange change)
    {
        var written = Current(context) is { } transaction ? _transactions.GetOrCreateValue(transaction) : new();
        written.Take(context, [change]);
        Of(context).Unsaved.Remove(change);
        if (Current(context) is null)
        {
            written.Begun.AddRange(await revocations.BeginAsync(written.Plans).ConfigureAwait(false));
            await revocations.CompleteAsync(written.Plans, written.Begun).ConfigureAwait(false);
        }
    }

    private async Task CompleteAsync(TransactionChanges changes)
    {
        await revocations.CompleteAsync(changes.Plans, changes.Begun).ConfigureAwait(false);
        await owed.SettleAsync(changes).ConfigureAwait(false);
    }

    private static TransactionChanges? Finish(DbContext context, ContextChanges changes)
    {
        var own = changes.Own;
        (changes.IsAnnounced, changes.IsSaving, changes.Own) = (false, false, null);
        if (changes.SetAside is { } behavior)
        {
            context.Database.AutoTransactionBehavior = behavior;
            changes.SetAside = null;
        }

        return own;
    }

    private static DbTransaction? Current(DbContext context) =>
        context.Database.IsRelational() ? context.Database.CurrentTransaction?.GetDbTransaction() : null;

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
