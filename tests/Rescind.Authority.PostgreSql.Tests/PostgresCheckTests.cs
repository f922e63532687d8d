using Npgsql;
using Rescind.Authority.PostgreSql.Stores.Checks;
using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.PostgreSql.Tests.Support;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>What is tried on a server before an Authority is kept there, on servers of its own.</summary>
public sealed class PostgresCheckTests : IAsyncLifetime
{
    private PostgresServer? _server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private PostgresServer Server => _server!;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.CreateAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    [Fact]
    public async Task PostgreSQL_holds_whatever_the_store_relies_on_and_nothing_is_left_there()
    {
        var results = await PostgreSqlCheck.RunAsync(Server.ConnectionString, Cancel);

        results.Where(static one => one.Fault is not null).ShouldBeEmpty();
        results.Count.ShouldBeGreaterThan(20);
        results.Select(static one => one.Name).ShouldBeUnique();
        await Server.UntilAsync("select 1 where not exists (select 1 from pg_namespace where nspname like 'rescind%')");
    }

    [Fact]
    public async Task A_server_that_confirms_what_a_crash_would_lose_fails_and_is_told_so()
    {
        await Server.SetAsync("synchronous_commit", "off");

        var results = await PostgreSqlCheck.RunAsync(Server.ConnectionString, Cancel);

        results.Single(static one => one.Name == "durable").Fault.ShouldNotBeNull().ShouldStartWith("RSC1031");
        results.Single(static one => one.Name == "conditional-update").Fault.ShouldBeNull();
    }

    [Theory]
    [InlineData("read-committed", "create rule held as on update to tried do instead nothing")]
    [InlineData("conditional-update", "create rule held as on update to tried do instead nothing")]
    [InlineData("unnest", "create rule held as on update to tried do instead nothing")]
    [InlineData("batch", "create rule held as on update to tried do instead nothing")]
    [InlineData("lock-timeout", "create rule held as on update to tried do instead nothing")]
    [InlineData("waiting-hold", "create rule held as on update to tried do instead nothing")]
    [InlineData("unique", "alter table tried drop constraint tried_pkey")]
    [InlineData("commit-warning", "set client_min_messages = error")]
    public async Task A_server_that_does_something_else_is_noticed(string name, string change)
    {
        var check = StatementChecks.All.Concat(TransactionChecks.All).Single(check => check.Name == name);
        PostgresStoreOptions options =
            new() { ConnectionString = Server.ConnectionString, Issuer = "https://a", Schema = "public" };
        await using var database = PostgresDatabase.Of(options);
        var place = await CheckPlace.OpenAsync(database, options);
        place.First.Add(change);
        await place.First.FlushAsync();

        var fault = await FaultOfAsync(check, place);
        await place.CloseAsync();
        fault.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("postgres://postgres:secret-word@127.0.0.1:1/app")]
    [InlineData("no database")]
    public async Task A_server_that_cannot_be_reached_is_an_error_that_repeats_no_secret(string database)
    {
        var message = (await Should.ThrowAsync<InvalidOperationException>(PostgreSqlCheck.RunAsync(database, Cancel))).Message;

        message.ShouldStartWith("RSC1030");
        message.ShouldNotContain("secret-word");
    }

    [Fact]
    public async Task An_account_that_may_create_no_schema_is_told_so()
    {
        await Server.ExecuteAsync("create role guest login");
        var guest = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Username = "guest" }.ConnectionString;

        (await Should.ThrowAsync<InvalidOperationException>(PostgreSqlCheck.RunAsync(guest, Cancel))).Message
            .ShouldStartWith("RSC1032");
    }

    private static async Task<string?> FaultOfAsync(Check check, CheckPlace place)
    {
        try
        {
            return await check.FindFault(place);
        }
        catch (NpgsqlException e)
        {
            return e.Message;
        }
    }
}
