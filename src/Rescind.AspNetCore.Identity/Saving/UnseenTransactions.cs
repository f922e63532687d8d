using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// Asks the database what became of a transaction that ended past EF Core: by its DbTransaction, or by being disposed
/// of. Safe for concurrent use.
/// </summary>
internal sealed partial class UnseenTransactions(IServiceScopeFactory scopes, ILogger<UnseenTransactions> log)
{
    /// <summary>Whether a transaction is over, whoever ended it.</summary>
    public static bool IsOver(DbTransaction transaction)
    {
        try
        {
            return transaction.Connection is null;
        }
        catch (InvalidOperationException)
        {
            // Some providers answer nothing at all once it is over.
            return true;
        }
    }

    /// <summary>Drops the changes that were not committed.</summary>
    public async Task KeepCommittedAsync(TransactionChanges changes)
    {
        foreach (var ofOne in changes.Changes.GroupBy(static change => change.Entity, ReferenceEqualityComparer.Instance)
            .ToList())
        {
            if (!await IsCommittedAsync([.. ofOne], changes.Begun.Count > 0).ConfigureAwait(false))
            {
                changes.Changes.RemoveAll(change => change.Entity == ofOne.Key);
            }
        }
    }

    /// <summary>Whether the database has any of the changes; also if it cannot be asked.</summary>
    public async Task<bool> HasAnyAsync(TransactionChanges changes)
    {
        foreach (var ofOne in changes.Changes.GroupBy(static change => change.Entity, ReferenceEqualityComparer.Instance))
        {
            if (await IsCommittedAsync([.. ofOne], wasTried: true).ConfigureAwait(false))
            {
                return true;
            }
        }

        return false;
    }

    // A database that is away must not fail whoever disposes of the transaction.
    private async Task<bool> IsCommittedAsync(List<PendingChange> ofOne, bool wasTried)
    {
        try
        {
            return await IsCommittedAsync(ofOne).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            NotAsked(log, e);
            return wasTried;
        }
    }

    // What the context does not write as an entity counts as committed, which is the safe side.
    private async Task<bool> IsCommittedAsync(List<PendingChange> ofOne)
    {
        var (entity, last) = (ofOne[0].Entity, ofOne.LastOrDefault(static change => change.State is not null));
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            if (scope.ServiceProvider.GetService(ofOne[0].Context!) is not DbContext context
                || !StoreContext.Maps(context, entity))
            {
                return true;
            }

            var entry = context.Entry(entity);
            var row = await entry.GetDatabaseValuesAsync().ConfigureAwait(false);
            if (row is null || last?.State == PendingChange.Deleted)
            {
                return row is null && last?.State == PendingChange.Deleted;
            }

            if (last?.State is { } state && ofOne.Exists(static change => change is { State: not null, Plan: not null }))
            {
                var comparer = (IStateComparer)scope.ServiceProvider.GetRequiredService(last.Comparer);
                var stored = await comparer.StateAsync(row.ToObject()).ConfigureAwait(false);
                return stored.Equals(state) || comparer.Between(stored, state) is null;
            }

            return entry.Properties.Where(static property => property.Metadata.IsConcurrencyToken)
                .All(property => Equals(property.CurrentValue, row[property.Metadata.Name]));
        }
    }

    [LoggerMessage(6003, LogLevel.Warning, "The database could not be asked whether a transaction that EF Core did not "
        + "end had been committed. "
        + "What it changed of users is not revoked, unless its commit was tried.")]
    private static partial void NotAsked(ILogger log, Exception cause);
}
