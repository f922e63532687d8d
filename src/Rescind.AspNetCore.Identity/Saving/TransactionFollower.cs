using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>Tells <see cref="CommitRevocations"/> of the transactions that EF Core begins, ends and leaves.</summary>
internal sealed class TransactionFollower(IServiceProvider provider) : DbTransactionInterceptor, IDbConnectionInterceptor
{
    private CommitRevocations? _commits;

    private CommitRevocations Commits => _commits ??= provider.GetRequiredService<CommitRevocations>();

    public override DbTransaction TransactionStarted(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        Commits.StartedAsync(connection, result, eventData.Context).GetAwaiter().GetResult();
        return result;
    }

    public override async ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result,
        CancellationToken cancellationToken = default)
    {
        await Commits.StartedAsync(connection, result, eventData.Context).ConfigureAwait(false);
        return result;
    }

    public override async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result,
        CancellationToken cancellationToken = default)
    {
        await Commits.CommittingAsync(transaction, eventData.Context, cancellationToken).ConfigureAwait(false);
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
        DbTransaction transaction, TransactionEventData eventData, CancellationToken cancellationToken = default) =>
        Commits.RolledBackPartlyAsync(transaction, eventData.Context);

    public override InterceptionResult TransactionCommitting(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result)
    {
        Commits.CommittingAsync(transaction, eventData.Context, CancellationToken.None).GetAwaiter().GetResult();
        return result;
    }

    public override void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) =>
        Commits.CommittedAsync(transaction, eventData.Context).GetAwaiter().GetResult();

    public override void TransactionFailed(DbTransaction transaction, TransactionErrorEventData eventData) =>
        Commits.NotCommittedAsync(transaction, eventData.Context, eventData.Exception).GetAwaiter().GetResult();

    public override void TransactionRolledBack(DbTransaction transaction, TransactionEndEventData eventData) =>
        Commits.RolledBackAsync(transaction).GetAwaiter().GetResult();

    public override void RolledBackToSavepoint(DbTransaction transaction, TransactionEventData eventData) =>
        Commits.RolledBackPartlyAsync(transaction, eventData.Context).GetAwaiter().GetResult();

    public InterceptionResult ConnectionClosing(DbConnection connection, ConnectionEventData eventData, InterceptionResult result)
    {
        LeftAsync(connection, eventData).GetAwaiter().GetResult();
        return result;
    }

    public async ValueTask<InterceptionResult> ConnectionClosingAsync(
        DbConnection connection, ConnectionEventData eventData, InterceptionResult result)
    {
        await LeftAsync(connection, eventData).ConfigureAwait(false);
        return result;
    }

    public void ConnectionClosed(DbConnection connection, ConnectionEndEventData eventData) =>
        LeftAsync(connection, eventData).GetAwaiter().GetResult();

    public Task ConnectionClosedAsync(DbConnection connection, ConnectionEndEventData eventData) =>
        LeftAsync(connection, eventData);

    public InterceptionResult ConnectionDisposing(
        DbConnection connection, ConnectionEventData eventData, InterceptionResult result) =>
        ConnectionClosing(connection, eventData, result);

    public ValueTask<InterceptionResult> ConnectionDisposingAsync(
        DbConnection connection, ConnectionEventData eventData, InterceptionResult result) =>
        ConnectionClosingAsync(connection, eventData, result);

    // The last connection may be closed when the application is gone; without a transaction nothing was ever left.
    private Task LeftAsync(DbConnection connection, ConnectionEventData eventData) =>
        _commits?.LeftAsync(connection, eventData.Context) ?? Task.CompletedTask;
}
