using System.Diagnostics;
using Npgsql;
using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>A server of its own for <see cref="PostgresWaitTests"/>: what all commits wait for is set for all.</summary>
public sealed class WaitingServer : IAsyncLifetime
{
    internal PostgresServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PostgresServer.CreateAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>
/// Commits that wait for a synchronous standby that is not there: a wait that is cancelled ends as if the commit were done.
/// </summary>
public sealed class PostgresWaitTests(WaitingServer waiting) : IClassFixture<WaitingServer>
{
    private static readonly StoredKey Key =
        new("kid", "ES256", KeyState.Next, new byte[] { 1, 2 }, """{"kty":"EC"}""", 1, null, null);

    private static readonly ClientRecord Shop = new() { ClientId = "shop", Kind = ClientKind.Public };

    private static int _schemas;

    private readonly string _schema = $"w{Interlocked.Increment(ref _schemas)}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static AuditContext Caller => StoreSuite.Caller;

    private PostgresServer Server => waiting.Server;

    public static TheoryData<string> Kinds => [.. Writes.Keys];

    // Each on a store with a client, an act and a session.
    private static Dictionary<string, Func<PostgresStore, Known, Task>> Writes { get; } = new()
    {
        ["act"] = (store, _) => store.Revocations.RevokeAsync(StoreSuite.Draft(Match.Subject("bob")), Cancel),
        ["broad act"] = (store, _) => store.Revocations.RevokeAsync(StoreSuite.Draft(Match.Client("shop")), Cancel),
        ["lift"] = (store, known) => store.Revocations.LiftAsync(known.Act.Position, Caller, Cancel),
        ["purge"] = (store, _) => store.Revocations.PurgeAsync(Cancel),
        ["start"] = (store, _) => StartAsync(store),
        ["refresh"] = (store, known) => store.Sessions.RotateAsync(
            new()
            {
                SessionId = known.Session.Id, Generation = 1, ClientId = "shop", IdleLifetime = TimeSpan.FromDays(1),
                Audit = Caller,
            },
            Cancel),
        ["client"] = (store, _) => store.Registry.SaveClientAsync("other", Shop with { ClientId = "other" }, Caller, Cancel),
        ["keys"] = (store, _) => store.Registry.SaveKeysAsync([Key], null, Caller, Cancel),
        ["issuer"] = (store, _) => store.Registry.SaveIssuerAsync(Record(StoreSuite.ForeignIssuer), Caller, Cancel),
        ["verifiers"] = (store, _) => store.Registry.SaveVerifiersAsync(
            new([new("shop", "i", "orders", null, null, 5000, default, 1)], [], []), Cancel),
        ["audit"] = (store, _) => NoteAsync(store),
        ["lease"] = (store, _) => store.Nodes.TryLeaseAsync(LeaseNames.Upkeep, "me", TimeSpan.FromSeconds(10), Cancel),
        ["pulse"] = async (store, _) => await store.Nodes.PulseAsync(Cancel),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_write_whose_wait_is_cancelled_is_not_known(string kind)
    {
        await using var store = await OpenAsync();
        var known = await FillAsync(store);

        var refused = await WithoutStandbyAsync(async () =>
        {
            var write = Writes[kind](store, known);
            await CancelWaitsUntilAsync(write);
            return await Should.ThrowAsync<StoreUnavailableException>(write);
        });

        refused.Message.ShouldContain("canceling wait for synchronous replication");
    }

    [Fact]
    public async Task It_is_so_where_the_account_is_to_hear_no_warnings()
    {
        await Server.ExecuteAsync($"create role {_schema} login superuser; alter role {_schema} set client_min_messages = error");
        await using var store = await OpenAsync(user: _schema);

        await WithoutStandbyAsync(async () =>
        {
            var write = store.Revocations.RevokeAsync(StoreSuite.Draft(Match.Subject("bob")), Cancel);
            await CancelWaitsUntilAsync(write);
            return await Should.ThrowAsync<StoreUnavailableException>(write);
        });
    }

    [Fact]
    public async Task Commits_that_do_not_return_keep_a_few_connections_and_once_they_return_the_store_goes_on()
    {
        await using var store = await OpenAsync(patience: TimeSpan.FromMilliseconds(200));
        await FillAsync(store);

        await WithoutStandbyAsync(async () =>
        {
            for (var i = 0; i < LeftCommits.Most; i++)
            {
                var refused = await Should.ThrowAsync<StoreUnavailableException>(NoteAsync(store));
                refused.Message.ShouldContain("did not return in time");
            }

            // The outcome of none is known, and of what comes then it is: nothing was begun.
            var further = await Should.ThrowAsync<StoreUnavailableException>(NoteAsync(store));
            further.Message.ShouldContain("Nothing was recorded.");
            return further;
        });

        await Eventually(async () =>
        {
            await store.Revocations.RevokeAsync(StoreSuite.Draft(Match.Subject("carol")), Cancel);
            await store.Nodes.PulseAsync(Cancel);
        });
    }

    [Fact]
    public async Task A_start_that_cannot_commit_says_so()
    {
        await (await OpenAsync()).DisposeAsync();

        var refused = await WithoutStandbyAsync(async () => await Should.ThrowAsync<StoreUnavailableException>(
            async () => await OpenAsync(patience: TimeSpan.FromMilliseconds(200), issuer: StoreSuite.OwnIssuer)));

        refused.Message.ShouldContain("did not return in time");
    }

    [Fact]
    public async Task Whoever_waits_for_a_commit_that_does_not_return_is_told_so_in_seconds()
    {
        await using var store = await OpenAsync(patience: TimeSpan.FromMilliseconds(200));
        await FillAsync(store);

        await WithoutStandbyAsync(async () =>
        {
            await Should.ThrowAsync<StoreUnavailableException>(RevokeAsync());
            var began = Stopwatch.StartNew();
            var refused = await Should.ThrowAsync<StoreUnavailableException>(RevokeAsync());
            began.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(12));
            return refused;
        });

        Task RevokeAsync() => store.Revocations.RevokeAsync(StoreSuite.Draft(Match.Subject("bob")), Cancel);
    }

    [Theory]
    [InlineData("fsync", "off", "on")]
    [InlineData("synchronous_commit", "local", "on")]
    public async Task What_is_confirmed_no_more_as_it_was_at_the_start_is_not_recorded(string name, string value, string before)
    {
        await using var store = await OpenAsync();
        var known = await FillAsync(store);
        await Server.SetAsync(name, value);
        try
        {
            foreach (var kind in (string[])["act", "refresh", "pulse"])
            {
                var refused = await Should.ThrowAsync<StoreUnavailableException>(Writes[kind](store, known));
                refused.Message.ShouldStartWith("RSC1031");
            }
        }
        finally
        {
            await Server.SetAsync(name, before);
        }

        await Writes["act"](store, known);
        await Writes["pulse"](store, known);
    }

    private static IssuerRecord Record(string issuer) => new()
    {
        Issuer = issuer, Own = false, Limits = StoreSuite.Limits, Types = ["at+jwt"], Algorithms = ["ES256"],
    };

    private static async Task<Session> StartAsync(PostgresStore store)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var session = new Session
        {
            Id = Entropy.System.NextId(), Subject = "alice", ClientId = "shop", Audience = ["orders"], CreatedAt = now,
            AuthenticatedAt = now, LastRefreshedAt = now, Generation = 1, IdleExpiresAt = now + 3600, ExpiresAt = now + 7200,
            Started = default, RefreshKeyId = 1, Salt = new byte[] { 1, 2, 3 }, Tags = [],
        };
        return (await store.Sessions.StartAsync(new() { Session = session, Audit = Caller }, Cancel)).Session!;
    }

    private static Task<bool> NoteAsync(PostgresStore store) =>
        store.Registry.NoteAsync(new("feed.conflict", Caller, "a reason"), Cancel);

    private static async Task<Known> FillAsync(PostgresStore store)
    {
        await store.Registry.SaveClientAsync("shop", Shop, Caller, Cancel);
        var act = (await store.Revocations.RevokeAsync(StoreSuite.Draft(Match.Subject("carol")), Cancel)).Revocation!;
        return new(act, await StartAsync(store));
    }

    private static async Task Eventually(Func<Task> act)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await act();
                return;
            }
            catch (StoreUnavailableException) when (attempt < 100)
            {
                await Task.Delay(50, Cancel);
            }
        }
    }

    private Task<PostgresStore> OpenAsync(TimeSpan? patience = null, string user = "postgres", string? issuer = null) =>
        PostgresStore.OpenAsync(
            new()
            {
                ConnectionString = Server.ConnectionString.Replace(
                    "Username=postgres", $"Username={user}", StringComparison.Ordinal),
                Schema = _schema,
                Issuer = issuer ?? StoreSuite.OwnIssuer,
                CommitPatience = patience ?? TimeSpan.FromSeconds(60),
            },
            TimeProvider.System, Entropy.System);

    private async Task<T> WithoutStandbyAsync<T>(Func<Task<T>> act)
    {
        await Server.SetAsync("synchronous_standby_names", "nobody");
        try
        {
            return await act();
        }
        finally
        {
            await Server.SetAsync("synchronous_standby_names", "");
        }
    }

    private async Task CancelWaitsUntilAsync(Task ended)
    {
        await using var connection = new NpgsqlConnection(Server.ConnectionString);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(
            "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'", connection);
        for (var i = 0; !ended.IsCompleted; i++)
        {
            i.ShouldBeLessThan(1000, "Nothing waits for a standby.");
            await command.ExecuteNonQueryAsync(Cancel);
            await Task.WhenAny(ended, Task.Delay(30, Cancel));
        }
    }

    private sealed record Known(Revocation Act, Session Session);
}
