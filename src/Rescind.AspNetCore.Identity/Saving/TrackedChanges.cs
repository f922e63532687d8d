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
        var accounted = unsaved.LastOrDefault(change => change.Entity == entry.Entity && change.State is not null)?.State;
        if (accounted == PendingChange.Deleted)
        {
            return null;
        }

        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var comparer = (IStateComparer)scope.ServiceProvider.GetRequiredService(manager);
            var after = await comparer.StateAsync(entry.Entity).ConfigureAwait(false);
            var before = accounted ?? await StoredAsync(comparer, entry).ConfigureAwait(false);
            return before is null ? null
                : entry.State is EntityState.Deleted ? new(entry.Entity, PendingChange.Deleted, comparer.Deletion(before))
                : before.Equals(after) ? null
                : new(entry.Entity, after, comparer.Between(before, after));
        }
    }

    private static async Task<object?> StoredAsync(IStateComparer comparer, EntityEntry entry) =>
        await StoreContext.StoredAsync(entry.Context, entry.Entity).ConfigureAwait(false) is { } stored
            ? await comparer.StateAsync(stored).ConfigureAwait(false)
            : null;
}
