using System.Globalization;

namespace Rescind.Authority.PostgreSql.Stores.Checks;

/// <summary>All checks, one after the other, in a schema that is there for as long as they run.</summary>
internal static class CheckRun
{
    private const string Issuer = "https://check.invalid";

    private static IEnumerable<Check> All => [.. StatementChecks.All, .. TransactionChecks.All, .. StoreChecks.All];

    public static async Task<IReadOnlyList<PostgreSqlCheckResult>> RunAsync(
        string connectionString, CancellationToken cancellationToken)
    {
        var options = new PostgresStoreOptions { ConnectionString = connectionString, Issuer = Issuer, Schema = NewSchema() };
        var database = PostgresDatabase.Of(options);
        await using (database.ConfigureAwait(false))
        {
            await RequireSettingsAsync(database, options.Schema).ConfigureAwait(false);
            await ExecuteAsync(database, $"create schema {options.Schema}").ConfigureAwait(false);
            try
            {
                return await RunAsync(database, options, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await ExecuteAsync(database, $"drop schema {options.Schema} cascade").ConfigureAwait(false);
            }
        }
    }

    private static async Task<IReadOnlyList<PostgreSqlCheckResult>> RunAsync(
        PostgresDatabase database, PostgresStoreOptions options, CancellationToken cancellationToken)
    {
        var results = new List<PostgreSqlCheckResult>();
        foreach (var check in All)
        {
            cancellationToken.ThrowIfCancellationRequested();
            results.Add(new(check.Name, check.Promise, await TryAsync(database, options, check).ConfigureAwait(false)));
        }

        return results;
    }

    private static async Task<string?> TryAsync(PostgresDatabase database, PostgresStoreOptions options, Check check)
    {
        var place = await CheckPlace.OpenAsync(database, options).ConfigureAwait(false);
        try
        {
            return await check.FindFault(place).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever an engine does instead of what is asked is what the check has found.
        catch (Exception e)
        {
            return PostgresFailure.Of(e).Message;
        }
#pragma warning restore CA1031
        finally
        {
            await place.CloseAsync().ConfigureAwait(false);
        }
    }

    private static Task<bool> RequireSettingsAsync(PostgresDatabase database, string schema) => database.ReadAsync(
        async link =>
        {
            await PostgresDatabase.RequireSettingsAsync(link, schema).ConfigureAwait(false);
            return true;
        },
        CancellationToken.None);

    private static Task<bool> ExecuteAsync(PostgresDatabase database, string sql) => database.ReadAsync(
        async link =>
        {
            link.Add(sql);
            await link.FlushAsync().ConfigureAwait(false);
            return true;
        },
        CancellationToken.None);

    private static string NewSchema()
    {
        Span<byte> bytes = stackalloc byte[8];
        Entropy.System.Fill(bytes);
        return string.Create(CultureInfo.InvariantCulture, $"rescind_check_{Convert.ToHexStringLower(bytes)}");
    }
}
