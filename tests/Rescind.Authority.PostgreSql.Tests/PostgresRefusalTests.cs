using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>What keeps the store from opening, each with a number and a sentence.</summary>
public sealed class PostgresRefusalTests(PostgresCluster cluster)
{
    private readonly string _schema = cluster.NewSchema();

    [Theory]
    [InlineData("a word and not a connection string")]
    [InlineData("Host=127.0.0.1;Port=secret-word")]
    [InlineData("Username=rescind;Password=secret-word")]
    [InlineData("Host=127.0.0.1;Port=1;Username=rescind;Password=secret-word")]
    [InlineData("postgres://rescind:secret-word@127.0.0.1:1/app")]
    [InlineData("postgres://rescind:secret-word@/app")]
    [InlineData("postgresql://rescind:secret-word@127.0.0.1:x/app")]
    [InlineData("postgresql://rescind:secret-word@127.0.0.1:0/app")]
    [InlineData("postgresql://rescind@127.0.0.1/app?password=secret-word&secret-word=1")]
    [InlineData("postgresql://rescind@127.0.0.1/app?password=secret-word&password=other")]
    [InlineData("postgresql://rescind@127.0.0.1/app?sslmode=secret-word")]
    public async Task A_connection_string_that_leads_nowhere_is_refused_and_not_repeated(string connectionString)
    {
        var message = await RefusedAsync(new() { ConnectionString = connectionString, Schema = _schema, Issuer = "https://a" });

        message.ShouldStartWith("RSC1030");
        message.ShouldNotContain("secret-word");
    }

    [Theory]
    [InlineData("search_path = public")]
    [InlineData("lock_timeout = 0")]
    [InlineData("idle_in_transaction_session_timeout = 0")]
    [InlineData("client_min_messages = error")]
    public async Task A_connection_without_what_it_is_opened_with_is_refused(string setting)
    {
        var options = PostgresUnderTest.Options(cluster, _schema, TimeProvider.System);
        await using var database = PostgresDatabase.Of(options);
        await using var link = await database.OpenAsync(TestContext.Current.CancellationToken);
        await PostgresDatabase.RequireSettingsAsync(link, _schema);
        link.Add("set " + setting);

        (await Should.ThrowAsync<StoreUnavailableException>(PostgresDatabase.RequireSettingsAsync(link, _schema))).Message
            .ShouldContain("pool");
        await link.DropAsync();
    }

    [Theory]
    [InlineData("synchronous_commit = off", "RSC1031")]
    [InlineData("synchronous_commit = local", "RSC1031")]
    [InlineData("default_transaction_read_only = on", "RSC1033")]
    public async Task A_database_that_does_not_keep_what_it_confirms_is_refused(string setting, string code)
    {
        await cluster.ExecuteAsync(
            $"create role {_schema} login superuser; alter role {_schema} set {setting}");

        (await RefusedAsync(OptionsAs(_schema))).ShouldStartWith(code);
    }

    [Fact]
    public async Task An_account_without_rights_is_refused_and_one_that_owns_the_schema_is_not()
    {
        await cluster.ExecuteAsync($"create role {_schema} login");
        (await RefusedAsync(OptionsAs(_schema))).ShouldStartWith("RSC1032");

        await cluster.ExecuteAsync($"create schema {_schema} authorization {_schema}");
        await using var store = await OpenAsync(OptionsAs(_schema));
        (await store.Nodes.ReadHeadAsync(TestContext.Current.CancellationToken)).Registry.ShouldBe(0);
    }

    [Fact]
    public async Task Tables_of_a_later_version_or_of_another_program_are_refused_and_left_alone()
    {
        await cluster.ExecuteAsync($"create schema {_schema}; create table {_schema}.sessions (id text)");
        (await RefusedAsync(OptionsAs("postgres"))).ShouldStartWith("RSC1008");

        await cluster.ExecuteAsync($"drop table {_schema}.sessions");
        await (await OpenAsync(OptionsAs("postgres"))).DisposeAsync();
        await cluster.ExecuteAsync($"update {_schema}.version set version = 99");
        (await RefusedAsync(OptionsAs("postgres"))).ShouldStartWith("RSC1007");
    }

    [Fact]
    public async Task Another_issuer_is_refused()
    {
        await (await OpenAsync(OptionsAs("postgres"))).DisposeAsync();

        (await RefusedAsync(OptionsAs("postgres") with { Issuer = "https://other.example" }))
            .ShouldContain("https://other.example");
    }

    [Fact]
    public async Task Nodes_that_start_at_once_create_the_tables_once()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => OpenAsync(OptionsAs("postgres")))));

        var heads = await Task.WhenAll(stores.Select(
            store => store.Nodes.ReadHeadAsync(TestContext.Current.CancellationToken).AsTask()));
        heads.Distinct().Count().ShouldBe(1);
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }

    private PostgresStoreOptions OptionsAs(string user) => new()
    {
        ConnectionString = cluster.ConnectionString.Replace("Username=postgres", $"Username={user}", StringComparison.Ordinal),
        Schema = _schema,
        Issuer = "https://auth.example",
    };

    private static Task<PostgresStore> OpenAsync(PostgresStoreOptions options) =>
        PostgresStore.OpenAsync(options, TimeProvider.System, Entropy.System);

    private static async Task<string> RefusedAsync(PostgresStoreOptions options) =>
        (await Should.ThrowAsync<StoreUnavailableException>(() => OpenAsync(options))).Message;
}
