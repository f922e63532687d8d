using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.PostgreSql.Tests.Support;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>What is asked again and again is parsed and planned once, unless the connection string says otherwise.</summary>
public sealed class PostgresPreparedTests(PostgresCluster cluster)
{
    [Theory]
    [InlineData("", true)]
    [InlineData(";Max Auto Prepare=0", false)]
    public async Task A_statement_that_comes_again_is_prepared(string setting, bool isPrepared)
    {
        await using var database = PostgresDatabase.Of(new()
        {
            ConnectionString = cluster.ConnectionString + setting, Issuer = "https://auth.shop.example",
        });
        var link = await database.OpenToWriteAsync();

        for (var time = 0; time < 3; time++)
        {
            (await link.HasAsync(new PostgresStatement("select 1 where $1 = 1").Bind(1L))).ShouldBeTrue();
        }

        (await link.HasAsync(new("select 1 from pg_prepared_statements where statement = 'select 1 where $1 = 1'")))
            .ShouldBe(isPrepared);
        await link.DropAsync();
    }
}
