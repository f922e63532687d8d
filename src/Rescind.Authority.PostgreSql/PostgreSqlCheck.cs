using Rescind.Authority.PostgreSql.Stores.Checks;
using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql;

/// <summary>One thing that the store relies on, and whether a server does it.</summary>
/// <param name="Name">Its name, which stays the same: <c>conditional-update</c>.</param>
/// <param name="Promise">What must hold, as a sentence.</param>
/// <param name="Fault">What was seen instead; null if it holds.</param>
public sealed record PostgreSqlCheckResult(string Name, string Promise, string? Fault);

/// <summary>
/// Tries on a server whatever the store relies on, before anybody keeps an Authority there: what its statements mean, what
/// two connections do to each other, and the store itself with two nodes.
/// </summary>
public static class PostgreSqlCheck
{
    /// <summary>
    /// Runs every check, in a schema of its own that is created and dropped; nothing else is read or written. Takes some
    /// seconds. Throws <see cref="InvalidOperationException"/> with a sentence for operators if the server cannot be
    /// reached, or the account may not create a schema. What it cannot show is that the server keeps a commit when its
    /// power fails.
    /// </summary>
    /// <param name="connectionString">As Npgsql reads it, or a URL: <c>postgres://…</c>.</param>
    /// <param name="cancellationToken">Ends it after the check that runs.</param>
    public static async Task<IReadOnlyList<PostgreSqlCheckResult>> RunAsync(
        string connectionString, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        try
        {
            return await CheckRun.RunAsync(connectionString, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresFailure.Of(e) is StoreUnavailableException)
        {
            throw new InvalidOperationException(PostgresFailure.Of(e).Message, e);
        }
    }
}
