using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.AspNetCore.Identity.Revocations;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// The outbox: rows that are committed with a change and go when it is revoked, so that a crash in between loses
/// nothing. Used where the model of the context has it. Safe for concurrent use.
/// </summary>
internal sealed partial class OwedRevocations(
    UserKinds kinds, IServiceScopeFactory scopes, UserRevocations revocations, TimeProvider time, ILogger<OwedRevocations> log)
{
    private const int LargestPage = 100;

    public static bool AreKeptIn(DbContext context) =>
        context.Database.IsRelational() && context.Model.FindEntityType(typeof(OwedRevocation)) is not null;

    /// <summary>Lets the next save write a row for each change that revokes.</summary>
    public void Add(DbContext context, List<PendingChange> changes)
    {
        if (!AreKeptIn(context))
        {
            return;
        }

        foreach (var change in changes)
        {
            if (change is { Plan: { } plan, Owed: null })
            {
                change.Owed = new()
                {
                    Subject = plan.Subject, Plan = JsonSerializer.Serialize(plan),
                    WrittenAt = time.GetUtcNow().ToUnixTimeSeconds(),
                };
                context.Add(change.Owed);
            }
        }
    }

    /// <summary>Takes rows back that were not written.</summary>
    public static void Withdraw(DbContext context, List<PendingChange> changes)
    {
        foreach (var change in changes)
        {
            if (change.Owed is { } row)
            {
                context.Entry(row).State = EntityState.Detached;
                change.Owed = null;
            }
        }
    }

    /// <summary>
    /// Lets the context forget rows that are written: what is rolled back gives their keys to others, and a save whose
    /// changes the application accepts later would write them again. Until then such a key is known to the context alone.
    /// </summary>
    public static void Release(DbContext context, List<PendingChange> changes)
    {
        foreach (var row in changes.Select(static change => change.Owed).OfType<OwedRevocation>())
        {
            var entry = context.Entry(row);
            var id = entry.Property(static written => written.Id).CurrentValue;
            entry.State = EntityState.Detached;
            row.Id = id;
        }
    }

    /// <summary>
    /// Drops the changes of which a savepoint has just rolled the row back, as <paramref name="context"/> sees it. Of
    /// others nobody can tell, and all are revoked.
    /// </summary>
    public static async Task KeepWrittenAsync(DbContext? context, TransactionChanges changes)
    {
        var owed = context is not null && AreKeptIn(context)
            ? changes.Changes.Where(change => change.Owed is not null && change.Context == context.GetType()).ToList()
            : [];
        changes.IsUncertain |= changes.Changes.Except(owed).Any(static change => change.Plan is not null);
        if (owed.Count > 0)
        {
            long[] ids = [.. owed.Select(static change => change.Owed!.Id)];
            var there = await context!.Set<OwedRevocation>().Where(row => ids.Contains(row.Id)).Select(static row => row.Id)
                .ToListAsync()
                .ConfigureAwait(false);
            changes.Changes.RemoveAll(change => owed.Contains(change) && !there.Contains(change.Owed!.Id));
        }
    }

    /// <summary>Deletes the rows of what is done. From another context: the transaction of this one is just over.</summary>
    public async Task SettleAsync(TransactionChanges changes)
    {
        foreach (var written in changes.Changes.Where(static change => change.Owed is not null)
            .GroupBy(static change => change.Context!))
        {
            try
            {
                long[] ids = [.. written.Select(static change => change.Owed!.Id)];
                var scope = scopes.CreateAsyncScope();
                await using (scope.ConfigureAwait(false))
                {
                    var other = (DbContext)scope.ServiceProvider.GetRequiredService(written.Key);
                    await other.Set<OwedRevocation>().Where(row => ids.Contains(row.Id)).ExecuteDeleteAsync()
                        .ConfigureAwait(false);
                }
            }
            catch (Exception e)
            {
                // What was asked for is done. Whoever delivers later does it once more, and deletes them.
                NotSettled(log, e);
            }
        }
    }

    [LoggerMessage(6002, LogLevel.Warning, "Rows of revocations that are done could not be deleted from the outbox. "
        + "They are delivered once more.")]
    private static partial void NotSettled(ILogger log, Exception cause);

    /// <summary>
    /// Does what is owed: to <paramref name="subject"/>, or to everybody for longer than <paramref name="age"/>.
    /// </summary>
    /// <returns>Whether there is an outbox at all.</returns>
    public async Task<bool> DeliverAsync(string? subject, TimeSpan age = default, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow();
        var (until, since) = ((now - age).ToUnixTimeSeconds(), (now + age).ToUnixTimeSeconds());
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var contexts = kinds.Stores.Select(scope.ServiceProvider.GetService).OfType<object>()
                .Select(StoreContext.Of).OfType<DbContext>().Where(AreKeptIn).DistinctBy(static context => context.GetType())
                .ToList();
            foreach (var rows in contexts.Select(static context => context.Set<OwedRevocation>()))
            {
                // One from the future was written before the clock was set back.
                var due = subject is null
                    ? rows.Where(row => row.WrittenAt <= until || row.WrittenAt > since)
                    : rows.Where(row => row.Subject == subject);
                await DeliverAsync(rows, due, cancellationToken).ConfigureAwait(false);
            }

            return contexts.Count > 0;
        }
    }

    private async Task DeliverAsync(
        DbSet<OwedRevocation> rows, IQueryable<OwedRevocation> due, CancellationToken cancellationToken)
    {
        var page = await due.AsNoTracking().OrderBy(static row => row.Id).Take(LargestPage).ToListAsync(cancellationToken)
            .ConfigureAwait(false);
        foreach (var row in page)
        {
            var plan = JsonSerializer.Deserialize<RevocationPlan>(row.Plan)!;
            await revocations.RepeatAsync(plan, time.GetUtcNow(), LockedUntilAsync).ConfigureAwait(false);
            await rows.Where(done => done.Id == row.Id).ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The end of the present lockout: asked in a scope of its own, for a store may answer with what it has read before.
    /// </summary>
    public async Task<DateTimeOffset?> LockedUntilAsync(string subject)
    {
        if (kinds.Find(subject) is not { } kind)
        {
            return null;
        }

        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            return await kind.LockoutsIn(scope.ServiceProvider).LockedUntilAsync(subject).ConfigureAwait(false);
        }
    }
}
