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
internal sealed class CommitRevocations(UserRevocations revocations, TrackedChanges tracked, OwedRevocations owed)
{
    private readonly ConditionalWeakTable<DbContext, ContextChanges> _contexts = [];
    private readonly ConditionalWeakTable<DbTransaction, TransactionChanges> _transactions = [];
    private readonly ConditionalWeakTable<DbTransaction, object> _followed = [];

    /// <summary>Writes by a store of EF Core, which saves now, or <paramref name="savesLater"/> leaves that to the application.</summary>
    public async Task<IdentityResult> AroundAsync(DbContext context, bool savesLater, PendingChange change, Func<Task<IdentityResult>> write)
    {
        Of(context).Unsaved.Add(change);
        try
        {
            var result = await write().ConfigureAwait(false);
            if (result.Succeeded && !savesLater && change.Plan is not null && Of(context).Unsaved.Contains(change))
            {
                await WrittenUnseenAsync(context, change).ConfigureAwait(false);
            }

            return result;
        }
        finally
        {
            change.IsLeftToSave = true;
        }
    }

    public async Task SavingAsync(DbContext context)
    {
        var changes = Of(context);
        changes.Unsaved.RemoveAll(change => change.IsLeftToSave && IsGivenUp(context, change.Entity));
        await tracked.AddAsync(context, changes.Unsaved).ConfigureAwait(false);
        if (changes.Unsaved.Any(static change => change.Plan is not null))
        {
            RefuseUnseen(context);
            owed.Add(context, changes.Unsaved);
            await PrepareAsync(context, changes).ConfigureAwait(false);
        }

        changes.IsSaving = changes.Unsaved.Count > 0;
    }

    public async Task SavedAsync(DbContext context)
    {
        var changes = Of(context);
        var own = Finish(context, changes);
        if (own is null && Current(context) is { } transaction)
        {
            _transactions.GetValue(transaction, _ => new(context)).Changes.AddRange(changes.Unsaved);
        }

        // A save without any change commits nothing: what it was not asked to write is still to come.
        changes.Unsaved.RemoveAll(change => change.Plan is null || own is not null || Current(context) is not null);
        if (own is not null)
        {
            await CompleteAsync(own).ConfigureAwait(false);
        }
    }

    public async Task NotSavedAsync(DbContext context)
    {
        var changes = Of(context);
        var own = Finish(context, changes);
        OwedRevocations.Withdraw(context, changes.Unsaved);
        if (own is not null && !context.Database.IsRelational())
        {
            await revocations.UndoAsync(own.Begun).ConfigureAwait(false);
        }
    }

    public void Started(DbTransaction transaction) => _followed.AddOrUpdate(transaction, this);

    public async Task CommittingAsync(DbTransaction transaction, DbContext? context)
    {
        if (context is not null && Of(context) is { IsSaving: true } saving)
        {
            saving.Own = _transactions.GetValue(transaction, _ => new(context));
            saving.Own.Changes.AddRange(saving.Unsaved);
        }

        if (_transactions.TryGetValue(transaction, out var changes))
        {
            await OwedRevocations.KeepWrittenAsync(changes).ConfigureAwait(false);
            changes.Begun.AddRange(await revocations.BeginAsync(changes.Plans).ConfigureAwait(false));
        }
    }

    public async Task CommittedAsync(DbTransaction transaction, DbContext? context)
    {
        var ownSave = context is not null && Of(context).IsSaving;
        if (_transactions.TryGetValue(transaction, out var changes) && _transactions.Remove(transaction) && !ownSave)
        {
            await CompleteAsync(changes).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// A database that still answers has said no. Where the link broke, the commit may have happened: its acts stay, which is the safe side.
    /// </summary>
    public async Task NotCommittedAsync(DbTransaction transaction, DbContext? context, Exception cause)
    {
        if (cause is DbException && context?.Database.GetDbConnection().State is ConnectionState.Open
            && _transactions.TryGetValue(transaction, out var changes))
        {
            Revocation[] begun = [.. changes.Begun];
            changes.Begun.Clear();
            await revocations.UndoAsync(begun).ConfigureAwait(false);
        }
    }

    public async Task RolledBackAsync(DbTransaction transaction)
    {
        if (_transactions.TryGetValue(transaction, out var changes) && _transactions.Remove(transaction))
        {
            await revocations.UndoAsync(changes.Begun).ConfigureAwait(false);
        }
    }

    public void RolledBackPartly(DbTransaction transaction)
    {
        if (_transactions.TryGetValue(transaction, out var changes))
        {
            changes.IsPartlyRolledBack = true;
        }
    }

    private static bool IsGivenUp(DbContext context, object entity) =>
        StoreContext.Maps(context, entity) && context.Entry(entity).State is EntityState.Unchanged or EntityState.Detached;

    // A transaction of EF Core tells us of its commit; of any other one the outbox has to.
    private void RefuseUnseen(DbContext context)
    {
        if (Transaction.Current is not null || context.Database.GetEnlistedTransaction() is not null)
        {
            throw new InvalidOperationException(UserErrors.TransactionUnseen.Sentence("It is one of System.Transactions."));
        }

        if (Current(context) is { } transaction && !_followed.TryGetValue(transaction, out _) && !OwedRevocations.AreKeptIn(context))
        {
            throw new InvalidOperationException(UserErrors.TransactionUnseen.Sentence("EF Core did not begin it, and there is no outbox."));
        }
    }

    // A save of its own gets a transaction even for a single row: what is revoked just before its commit is known to be written.
    private async Task PrepareAsync(DbContext context, ContextChanges changes)
    {
        if (!context.Database.IsRelational())
        {
            var own = new TransactionChanges(context);
            own.Changes.AddRange(changes.Unsaved);
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
        var written = Current(context) is { } transaction ? _transactions.GetValue(transaction, _ => new(context)) : new(context);
        written.Changes.Add(change);
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
        (changes.IsSaving, changes.Own) = (false, null);
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
