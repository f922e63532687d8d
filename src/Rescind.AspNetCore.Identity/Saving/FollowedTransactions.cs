using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Rescind.AspNetCore.Identity.Diagnostics;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// The transactions that EF Core began, and whose commits it tells of, by their connections. Safe for concurrent use.
/// </summary>
internal sealed class FollowedTransactions
{
    private readonly ConditionalWeakTable<DbConnection, DbTransaction> _begun = [];

    public void Add(DbConnection connection, DbTransaction transaction) => _begun.AddOrUpdate(connection, transaction);

    /// <summary>The last that began on the connection; null if none did.</summary>
    public DbTransaction? On(DbConnection connection) => _begun.TryGetValue(connection, out var transaction) ? transaction : null;

    /// <summary>Refuses to write in a transaction of whose commit nobody tells, unless the outbox does.</summary>
    public void RefuseUnseen(DbContext context)
    {
        if (Transaction.Current is not null || context.Database.GetEnlistedTransaction() is not null)
        {
            throw UserErrors.TransactionUnseen.ToException("It is one of System.Transactions.");
        }

        if (StoreContext.TransactionOf(context) is { } transaction && On(context.Database.GetDbConnection()) != transaction
            && !OwedRevocations.AreKeptIn(context))
        {
            throw UserErrors.TransactionUnseen.ToException("EF Core did not begin it, and there is no outbox.");
        }
    }
}
