using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Rescind.AspNetCore.Identity.Tests.Support;

/// <summary>
/// One of the application, which lets EF Core leave out what it is told to, or changes something at the last moment.
/// </summary>
internal sealed class SuppressingInterceptor : SaveChangesInterceptor
{
    public SuppressingInterceptor() => Transactions = new(this);

    public bool Conflicts { get; set; }

    public bool Saves { get; set; }

    public bool Commits { get; set; }

    public Action<DbContext>? BeforeSave { get; set; }

    public OfTransactions Transactions { get; }

    /// <summary>Adds it to the context, before ours or after them.</summary>
    public void AddTo<TContext>(IServiceCollection services, bool first)
        where TContext : DbContext
    {
        var configured = new ServiceCollection();
        configured.ConfigureDbContext<TContext>(options => options.AddInterceptors(Transactions, this));
        services.Insert(first ? 0 : services.Count, configured.Single());
    }

    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        BeforeSave?.Invoke(eventData.Context!);
        return Saves ? InterceptionResult<int>.SuppressWithResult(0) : result;
    }

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(SavingChanges(eventData, result));

    public override InterceptionResult ThrowingConcurrencyException(
        ConcurrencyExceptionEventData eventData, InterceptionResult result) =>
        Conflicts ? InterceptionResult.Suppress() : result;

    public override ValueTask<InterceptionResult> ThrowingConcurrencyExceptionAsync(
        ConcurrencyExceptionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(ThrowingConcurrencyException(eventData, result));

    public sealed class OfTransactions(SuppressingInterceptor all) : DbTransactionInterceptor
    {
        public override ValueTask<InterceptionResult> TransactionCommittingAsync(
            DbTransaction transaction, TransactionEventData eventData, InterceptionResult result,
            CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(all.Commits ? InterceptionResult.Suppress() : result);
    }
}
