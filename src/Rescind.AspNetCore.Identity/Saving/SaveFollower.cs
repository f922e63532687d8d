using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// Tells <see cref="CommitRevocations"/> of the saves of a DbContext. Asks for it late: contexts are also made by
/// design-time tools.
/// </summary>
internal sealed class SaveFollower(IServiceProvider provider) : SaveChangesInterceptor, IDbCommandInterceptor
{
    private CommitRevocations Commits => provider.GetRequiredService<CommitRevocations>();

    public override async ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        await TellAsync(eventData.Context, Commits.SavingAsync).ConfigureAwait(false);
        return result;
    }

    public override async ValueTask<int> SavedChangesAsync(
        SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        await TellAsync(eventData.Context, context => Commits.SavedAsync(context, result)).ConfigureAwait(false);
        return result;
    }

    public override Task SaveChangesFailedAsync(
        DbContextErrorEventData eventData, CancellationToken cancellationToken = default) =>
        TellAsync(eventData.Context, Commits.NotSavedAsync);

    public override Task SaveChangesCanceledAsync(DbContextEventData eventData, CancellationToken cancellationToken = default) =>
        TellAsync(eventData.Context, Commits.NotSavedAsync);

    public override async ValueTask<InterceptionResult> ThrowingConcurrencyExceptionAsync(
        ConcurrencyExceptionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        await TellAsync(eventData.Context, Commits.OvertakenAsync).ConfigureAwait(false);
        return result;
    }

    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        TellAsync(eventData.Context, Commits.SavingAsync).GetAwaiter().GetResult();
        return result;
    }

    public override int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        TellAsync(eventData.Context, context => Commits.SavedAsync(context, result)).GetAwaiter().GetResult();
        return result;
    }

    public override void SaveChangesFailed(DbContextErrorEventData eventData) =>
        TellAsync(eventData.Context, Commits.NotSavedAsync).GetAwaiter().GetResult();

    public override void SaveChangesCanceled(DbContextEventData eventData) =>
        TellAsync(eventData.Context, Commits.NotSavedAsync).GetAwaiter().GetResult();

    public override InterceptionResult ThrowingConcurrencyException(
        ConcurrencyExceptionEventData eventData, InterceptionResult result)
    {
        TellAsync(eventData.Context, Commits.OvertakenAsync).GetAwaiter().GetResult();
        return result;
    }

    public InterceptionResult<DbDataReader> ReaderExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
    {
        if (eventData.CommandSource is CommandSource.SaveChanges)
        {
            TellAsync(eventData.Context, Commits.WritingAsync).GetAwaiter().GetResult();
        }

        return result;
    }

    public async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        if (eventData.CommandSource is CommandSource.SaveChanges)
        {
            await TellAsync(eventData.Context, Commits.WritingAsync).ConfigureAwait(false);
        }

        return result;
    }

    private static Task TellAsync(DbContext? context, Func<DbContext, Task> tell) =>
        context is null ? Task.CompletedTask : tell(context);
}
