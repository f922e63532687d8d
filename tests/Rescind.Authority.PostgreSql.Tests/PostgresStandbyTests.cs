using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Rescind.Authority.Nodes;
using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>A primary server and a standby that takes its place while it lives on.</summary>
public sealed class PostgresStandbyTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    private PostgresServer? _primary;
    private PostgresServer? _standby;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private PostgresServer Primary => _primary!;

    private PostgresServer Standby => _standby!;

    public async ValueTask InitializeAsync()
    {
        _primary = await PostgresServer.CreateAsync();
        _standby = await _primary.AddStandbyAsync("second");
    }

    public async ValueTask DisposeAsync()
    {
        await Standby.DisposeAsync();
        await Primary.DisposeAsync();
    }

    [Fact]
    public async Task A_node_whose_server_was_cut_off_grows_old_although_that_answers()
    {
        await Primary.SetAsync("synchronous_standby_names", "*");
        await using var old = await OpenAsync(Primary);
        var log = new CommittedLog(TimeProvider.System, Entropy.System);
        using var registry = new NodeRegistry(old.Registry);
        using var follower = new LogFollower(old, log, registry, TimeProvider.System);
        await follower.BeginAsync(Cancel);
        await follower.CatchUpAsync(Cancel);
        var head = log.Tail.Head;

        await Standby.PromoteAsync();
        var promoted = Stopwatch.StartNew();
        await using var store = await OpenAsync(Standby);
        await store.Revocations.RevokeAsync(StoreSuite.Draft(Match.Subject("alice")), Cancel);
        var acknowledged = promoted.Elapsed;
        while (promoted.Elapsed < acknowledged + TimeSpan.FromSeconds(2.5))
        {
            await Should.ThrowAsync<StoreUnavailableException>(follower.CatchUpAsync(Cancel));
            follower.Age.ShouldBeGreaterThanOrEqualTo(promoted.Elapsed - Patience);
            await Task.Delay(50, Cancel);
        }

        await Should.ThrowAsync<StoreUnavailableException>(follower.RequireCurrentAsync(Cancel));
        (await old.Nodes.ReadHeadAsync(Cancel)).Log.ShouldBe(head);
    }

    [Fact]
    public async Task A_node_that_published_what_the_promoted_standby_lacks_says_so_and_proves_nothing()
    {
        await using var store = await OpenAsync(Primary, beside: Standby);
        var log = new CommittedLog(TimeProvider.System, Entropy.System);
        using var registry = new NodeRegistry(store.Registry);
        using var follower = new LogFollower(store, log, registry, TimeProvider.System);
        await follower.BeginAsync(Cancel);
        await store.Revocations.RevokeAsync(StoreSuite.Draft(Match.Subject("alice")), Cancel);
        await Primary.UntilAsync("select 1 from pg_stat_replication where replay_lsn >= pg_current_wal_lsn()");
        await Standby.StopAsync();
        await store.Revocations.RevokeAsync(StoreSuite.Draft(Match.Subject("bob")), Cancel);
        await follower.CatchUpAsync(Cancel);
        var lost = Stopwatch.StartNew();

        await Primary.StopAsync();
        await Standby.StartAsync();
        await Standby.PromoteAsync();

        for (var message = ""; !message.StartsWith("RSC1037", StringComparison.Ordinal);)
        {
            lost.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(90), message);
            message = (await Should.ThrowAsync<StoreUnavailableException>(follower.CatchUpAsync(Cancel))).Message;
            await Task.Delay(50, Cancel);
        }

        follower.Age.ShouldBeGreaterThanOrEqualTo(lost.Elapsed - Patience);
        log.Tail.Head.Position.ShouldBeGreaterThan((await store.Nodes.ReadHeadAsync(Cancel)).Log.Position);
    }

    [Fact]
    public async Task A_standby_that_no_commit_waits_for_is_named()
    {
        await using (var store = await OpenAsync(Primary))
        {
            store.Nodes.AsynchronousStandbys.ShouldBe(["second"]);
        }

        await Primary.ExecuteAsync("create role plain login; create schema plain authorization plain");
        await using (var store = await OpenAsync(Primary, "plain"))
        {
            store.Nodes.AsynchronousStandbys.ShouldBe(["second"]);
        }

        await Primary.SetAsync("synchronous_standby_names", "second");
        await Primary.UntilAsync("select 1 from pg_stat_replication where sync_state = 'sync'");
        await using var safe = await OpenAsync(Primary);
        safe.Nodes.AsynchronousStandbys.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_is_ready_names_it()
    {
        var data = Directory.CreateTempSubdirectory("rescind-test-").FullName;
        var url = $"http://127.0.0.1:{PostgresServer.FreePort()}";
        await using (var app = AuthorityServer.Create(new()
        {
            Urls = url, Data = data, Store = "postgresql",
            Stores = new Dictionary<string, Action<AuthorityBuilder>>
            {
                ["postgresql"] = store => store.UsePostgreSql(Primary.ConnectionString),
            },
        }))
        {
            await AuthorityServer.StartAsync(app, Cancel);
            using var client = new HttpClient();

            var ready = await client.GetStringAsync(new Uri($"{url}/health/ready"), Cancel);

            ready.ShouldStartWith("ready\nRSC1036");
            ready.ShouldContain("It is second.");
            await app.StopAsync(Cancel);
        }

        Directory.Delete(data, recursive: true);
    }

    private static Task<PostgresStore> OpenAsync(PostgresServer server, string? user = null, PostgresServer? beside = null)
    {
        var connection = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = user ?? "postgres" };
        if (beside is not null)
        {
            var other = new NpgsqlConnectionStringBuilder(beside.ConnectionString);
            connection.Host = $"{connection.Host}:{connection.Port},{other.Host}:{other.Port}";
            connection["Target Session Attributes"] = "primary";
        }

        return PostgresStore.OpenAsync(
            new()
            {
                ConnectionString = connection.ConnectionString,
                Schema = user ?? PostgresStoreOptions.DefaultSchema,
                Issuer = StoreSuite.OwnIssuer,
                CommitPatience = user is null && beside is null ? Patience : TimeSpan.FromSeconds(5),
            },
            TimeProvider.System, Entropy.System);
    }
}
