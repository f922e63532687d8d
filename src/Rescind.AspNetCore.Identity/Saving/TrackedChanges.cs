using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Revoking;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// The users and roles that a DbContext is about to write, compared with what the database has: a save writes everything that the context
/// tracks, whatever it was called for. Safe for concurrent use.
/// </summary>
internal sealed class TrackedChanges(UserKinds kinds, IServiceScopeFactory scopes)
{
    /// <summary>The rows that the next save of <paramref name="context"/> writes.</summary>
    public static HashSet<object> RowsOf(DbContext context) => context.ChangeTracker.Entries()
        .Where(static entry => entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted)
        .Select(static entry => entry.Entity).ToHashSet<object>(ReferenceEqualityComparer.Instance);

    /// <summary>Adds to <paramref name="unsaved"/> what is not accounted for there.</summary>
    public async Task AddAsync(DbContext context, List<PendingChange> unsaved)
    {
        foreach (var (type, manager) in kinds.Compared)
        {
            if (context.Model.FindEntityType(type) is null)
            {
                continue;
            }

            foreach (var entry in context.ChangeTracker.Entries().Where(entry => type.IsInstanceOfType(entry.Entity)).ToList())
            {
                if (entry.State is EntityState.Modified or EntityState.Deleted
                    && await CompareAsync(manager, entry, unsaved).ConfigureAwait(false) is { } change)
                {
                    unsaved.Add(change);
                }
            }
        }
    }

    private async Task<PendingChange?> CompareAsync(Type manager, EntityEntry entry, List<PendingChange> unsaved)
    {
        var accounted = unsaved
            .LastOrDefault(change => change.Entity == entry.Entity && change.Comparer == manager && change.State is not null)?.State;
        if (accounted == PendingChange.Deleted)
        {
            return null;
        }

        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var comparer = (IStateComparer)scope.ServiceProvider.GetRequiredService(manager);
            var (before, after) = accounted is null
                ? await WrittenAsync(comparer, entry).ConfigureAwait(false)
                : (accounted, await comparer.StateAsync(entry.Entity).ConfigureAwait(false));
            return before is null ? null
                : entry.State is EntityState.Deleted ? new(entry.Entity, manager, PendingChange.Deleted, comparer.Deletion(before))
                : before.Equals(after) ? null
                : new(entry.Entity, manager, after, comparer.Between(before, after));
        }
    }

    // Of an object that was attached, or is older than its row, no more than the changed columns is written.
    private static async Task<(object? Before, object After)> WrittenAsync(IStateComparer comparer, EntityEntry entry)
    {
        if (await entry.GetDatabaseValuesAsync().ConfigureAwait(false) is not { } row)
        {
            return (null, entry.Entity);
        }

        var before = await comparer.StateAsync(row.ToObject()).ConfigureAwait(false);
        foreach (var property in entry.Properties.Where(static property => property.IsModified))
        {
            row[property.Metadata] = property.CurrentValue;
        }

        return (before, await comparer.StateAsync(row.ToObject()).ConfigureAwait(false));
    }
}
