using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>Tells <see cref="CommitRevocations"/> of the transactions that EF Core begins and ends.</summary>
internal sealed class TransactionFollower(IServiceProvider provider) : DbTransactionInterceptor
{
    private CommitRevocations Commits => provider.GetRequiredService<CommitRevocations>();

    public override DbTransaction TransactionStarted(DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        Commits.Started(result);
        return result;
    }

    public override ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(TransactionStarted(connection, eventData, result));

    public override async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        await Commits.CommittingAsync(transaction, eventData.Context).ConfigureAwait(false);
        return result;
    }

    public override Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default) =>
        Commits.CommittedAsync(transaction, eventData.Context);

    public override Task TransactionFailedAsync(
        DbTransaction transaction, TransactionErrorEventData eventData, CancellationToken cancellationToken = default) =>
        Commits.NotCommittedAsync(transaction, eventData.Context, eventData.Exception);

    public override Task TransactionRolledBackAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default) =>
        Commits.RolledBackAsync(transaction);

    public override Task RolledBackToSavepointAsync(
        DbTransaction transaction, TransactionEventData eventData, CancellationToken cancellationToken = default)
    {
        Commits.RolledBackPartly(transaction);
        return Task.CompletedTask;
    }

    public override InterceptionResult TransactionCommitting(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result)
    {
        Commits.CommittingAsync(transaction, eventData.Context).GetAwaiter().GetResult();
        return result;
    }

    public override void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) =>
        Commits.CommittedAsync(transaction, eventData.Context).GetAwaiter().GetResult();

    public override void TransactionFailed(DbTransaction transaction, TransactionErrorEventData eventData) =>
        Commits.NotCommittedAsync(transaction, eventData.Context, eventData.Exception).GetAwaiter().GetResult();

    public override void TransactionRolledBack(DbTransaction transaction, TransactionEndEventData eventData) =>
        Commits.RolledBackAsync(transaction).GetAwaiter().GetResult();

    public override void RolledBackToSavepoint(DbTransaction transaction, TransactionEventData eventData) => Commits.RolledBackPartly(transaction);
}
