using Rescind.Authority.PostgreSql.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.PostgreSql.Tests.Support;

/// <summary>Opens the store for the contract.</summary>
internal static class PostgresUnderTest
{
    public static PostgresStoreOptions Options(PostgresCluster cluster, string schema, TimeProvider time) => new()
    {
        ConnectionString = $"{cluster.ConnectionString};Application Name={schema}",
        Schema = schema,
        Issuer = StoreSuite.OwnIssuer,
        DatabaseClock = _ => time.GetUtcNow(),
    };

    /// <summary>The same data, after the process ended: whoever is killed ends with its connections.</summary>
    public static async Task<OpenedStore> OpenAfterKillAsync(
        PostgresCluster cluster, string schema, TimeProvider time, OpenedStore store)
    {
        await cluster.EndConnectionsAsync(schema);
        var opened = await OpenAsync(cluster, schema, time);
        await store.DisposeAsync();
        return opened;
    }

    public static async Task<OpenedStore> OpenAsync(
        PostgresCluster cluster, string schema, TimeProvider time,
        Func<PostgresStoreOptions, PostgresStoreOptions>? change = null)
    {
        var plain = Options(cluster, schema, time);
        var options = change is null ? plain : change(plain);
        var (gate, before) = (new WriteGate(), options.Before);
        var store = await PostgresStore.OpenAsync(options with { Before = PassAsync }, time, Entropy.System);
        return new OpenedStore(store, store.DisposeAsync) { Gate = gate };

        async ValueTask PassAsync(PostgresStep step)
        {
            if (step is PostgresStep.Begin)
            {
                gate.Pass();
            }

            if (before is not null)
            {
                await before(step);
            }
        }
    }
}
