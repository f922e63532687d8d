using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Revocations;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// The users and roles that a DbContext is about to write, and the rows that belong to them, compared with what the
/// database has: a save writes everything that the context tracks, whatever it was called for. Safe for concurrent use.
/// </summary>
internal sealed class TrackedChanges(UserKinds kinds, IServiceScopeFactory scopes)
{
    /// <summary>The rows that the next save of <paramref name="context"/> writes.</summary>
    public static HashSet<object> RowsOf(DbContext context) =>
        EntriesOf(context).Select(static entry => entry.Entity).ToHashSet<object>(ReferenceEqualityComparer.Instance);

    /// <summary>Whether <paramref name="context"/> writes users or roles at all.</summary>
    public bool ReachesInto(DbContext context) => MappedIn(context).Any();

    /// <summary>Adds to <paramref name="unsaved"/> what is not accounted for there.</summary>
    public async Task AddAsync(DbContext context, List<PendingChange> unsaved)
    {
        var mapped = MappedIn(context).ToList();
        if (mapped.Count == 0 || !context.ChangeTracker.HasChanges())
        {
            return;
        }

        DeleteAlong(context.ChangeTracker);
        var entries = EntriesOf(context).ToList();
        foreach (var (type, manager) in mapped)
        {
            foreach (var entry in entries.Where(entry => type.IsInstanceOfType(entry.Entity)))
            {
                unsaved.AddRange(await CompareAsync(manager, entry, unsaved).ConfigureAwait(false) is { } change ? [change] : []);
            }
        }

        foreach (var entry in entries)
        {
            if (LinkedRow.Of(entry) is { } row)
            {
                await AddLinkedAsync(mapped.Where(kind => Belongs(entry, row, kind)).ToList(), entry, row, unsaved)
                    .ConfigureAwait(false);
            }
        }
    }

    private IEnumerable<(Type Type, Type Comparer)> MappedIn(DbContext context) =>
        kinds.Compared.Where(kind => context.Model.FindEntityType(kind.Type) is not null);

    private static IEnumerable<EntityEntry> EntriesOf(DbContext context) => context.ChangeTracker.Entries()
        .Where(static entry => entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted);

    // The save would do so, but only after we have looked.
    private static void DeleteAlong(ChangeTracker tracker)
    {
        if (tracker is { CascadeDeleteTiming: CascadeTiming.OnSaveChanges }
            or { DeleteOrphansTiming: CascadeTiming.OnSaveChanges })
        {
            tracker.CascadeChanges();
        }
    }

    private async Task<PendingChange?> CompareAsync(Type manager, EntityEntry entry, List<PendingChange> unsaved)
    {
        var accounted = unsaved
            .LastOrDefault(change => change.Entity == entry.Entity && change.Comparer == manager && change.State is not null)
            ?.State;
        if (accounted == PendingChange.Deleted || (accounted is not null && entry.State is EntityState.Added))
        {
            return null;
        }

        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var comparer = (IStateComparer)scope.ServiceProvider.GetRequiredService(manager);
            if (entry.State is EntityState.Added)
            {
                return await comparer.CreationAsync(entry.Entity).ConfigureAwait(false) is { } plan
                    ? Found(entry, manager, await comparer.StateAsync(entry.Entity).ConfigureAwait(false), plan)
                    : null;
            }

            var (before, after) = accounted is null
                ? await WrittenAsync(comparer, entry).ConfigureAwait(false)
                : (accounted, await comparer.StateAsync(entry.Entity).ConfigureAwait(false));
            return before is null ? null
                : entry.State is EntityState.Deleted ? Found(entry, manager, PendingChange.Deleted, comparer.Deletion(before))
                : before.Equals(after) ? null
                : Found(entry, manager, after, comparer.Between(before, after));
        }
    }

    private async Task AddLinkedAsync(
        List<(Type Type, Type Comparer)> owners, EntityEntry entry, LinkedRow row, List<PendingChange> unsaved)
    {
        if (owners.Count == 0)
        {
            return;
        }

        var ids = await row.OwnersAsync(entry).ConfigureAwait(false);
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            foreach (var (id, manager) in ids.SelectMany(id => owners.Select(owner => (id, owner.Comparer))))
            {
                var comparer = (IStateComparer)scope.ServiceProvider.GetRequiredService(manager);
                if (await comparer.LinkedAsync(entry.Context, id, row).ConfigureAwait(false) is { } plan
                    && !plan.IsWithin(unsaved.Select(static change => change.Plan).OfType<RevocationPlan>()))
                {
                    unsaved.Add(Found(entry, manager, entry.State is EntityState.Deleted ? PendingChange.Deleted : null, plan));
                }
            }
        }
    }

    // Two types of users in one context may have the same keys, and the model says whose row it is.
    private static bool Belongs(EntityEntry entry, LinkedRow row, (Type Type, Type Comparer) kind)
    {
        var principals = entry.Metadata.GetForeignKeys()
            .Where(key => key.Properties is [var property] && property.Name == row.Owner)
            .Select(static key => key.PrincipalEntityType.ClrType).ToList();
        return row.IsOfRole == (kind.Comparer.GetGenericTypeDefinition() == typeof(RoleManager<>))
            && (principals.Count == 0
                || principals.Exists(type => type.IsAssignableFrom(kind.Type) || kind.Type.IsAssignableFrom(type)));
    }

    private static PendingChange Found(EntityEntry entry, Type manager, object? state, RevocationPlan? plan) =>
        new(entry.Entity, manager, state, plan) { IsFound = true };

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
