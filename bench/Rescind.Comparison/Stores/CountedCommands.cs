using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Rescind.Comparison.Parts;

namespace Rescind.Comparison.Stores;

/// <summary>Counts what EF Core asks its database.</summary>
internal sealed class CountedCommands(StoreCalls calls) : DbCommandInterceptor
{
    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        calls.Add();
        return new(result);
    }
}
