using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Rescind.AspNetCore.Identity.Tests.Support;

/// <summary>One of the application, which throws once, where it is told to.</summary>
internal sealed class ThrowingInterceptor : SaveChangesInterceptor
{
    public ThrowingInterceptor() => Transactions = new(this);

    public string? Stops { get; set; }

    public OfTransactions Transactions { get; }

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Pass("saving");
        return ValueTask.FromResult(result);
    }

    public override ValueTask<int> SavedChangesAsync(
        SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Pass("saved");
        return ValueTask.FromResult(result);
    }

    private void Pass(string point)
    {
        if (Stops == point)
        {
            Stops = null;
            throw new InvalidDataException(point);
        }
    }

    public sealed class OfTransactions(ThrowingInterceptor all) : DbTransactionInterceptor
    {
        public override ValueTask<InterceptionResult> TransactionCommittingAsync(
            DbTransaction transaction, TransactionEventData eventData, InterceptionResult result,
            CancellationToken cancellationToken = default)
        {
            all.Pass("committing");
            return ValueTask.FromResult(result);
        }

        public override Task TransactionCommittedAsync(
            DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            all.Pass("committed");
            return Task.CompletedTask;
        }
    }
}
