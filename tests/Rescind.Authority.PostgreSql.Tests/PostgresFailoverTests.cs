using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>A standby that lacks what was acknowledged takes the place of the primary server, which is gone.</summary>
public sealed class PostgresFailoverTests : IAsyncLifetime
{
    private const string Foreign = "https://issuer.example";

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
    public async Task What_a_node_remembers_is_appended_again_and_only_those_who_are_revoked_are_logged_out()
    {
        await using var node = await FailoverNode.StartAsync(Primary, Standby);
        var (carol, bob) = (await node.LogInAsync("carol"), await node.LogInAsync("bob"));
        await node.RevokeAsync(Match.Subject("alice"));
        await LoseFromHereAsync();
        var until = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600;
        await node.RevokeAsync(Match.Subject("bob"));
        await node.RevokeAsync(Match.Subject("bob"), Effect.Block, until);
        await node.RevokeAsync(Match.Subject("dave"), Effect.End, second: 1_700_000_000, Foreign);
        await node.CatchUpAsync();
        var (lost, signing) = (node.Log.Tail.Head, node.Keys.Active.Id);

        await FailOverAsync();
        await node.CatchUpAtLastAsync();

        var registry = await node.Store.Registry.LoadAsync(Cancel);
        registry.Head.Epoch.ShouldNotBe(lost.Epoch);
        registry.Head.Position.ShouldBeGreaterThan(lost.Position);
        node.Log.Tail.Head.ShouldBe(registry.Head);
        var map = await SnapshotAsync(node);
        map[(StoreSuite.OwnIssuer, Match.Subject("alice"))].End.IsEmpty.ShouldBeFalse();
        var state = map[(StoreSuite.OwnIssuer, Match.Subject("bob"))];
        (state.End.By > lost.Position, state.Block.Second).ShouldBe((true, until));
        map[(Foreign, Match.Subject("dave"))].End.Second.ShouldBe(1_700_000_000);
        (await node.StateOfAsync(carol)).ShouldBe(SessionState.Active);
        (await node.StateOfAsync(bob)).ShouldBe(SessionState.Ended);
        registry.Keys.Single(key => key.Id == signing).Sealed.IsEmpty.ShouldBeTrue();
        node.Keys.Active.Id.ShouldNotBe(signing);
        (await node.Store.Registry.AuditAsync(new(null, null, null, default, 100), Cancel)).Rows
            .ShouldContain(line => line.Action == "failed_over" && line.Reason!.EndsWith("3 acts were appended again"));
    }

    [Fact]
    public async Task Another_node_appends_what_it_alone_remembers_and_nothing_twice()
    {
        await using var first = await FailoverNode.StartAsync(Primary, Standby);
        await using var second = await FailoverNode.StartAsync(Primary, Standby);
        await LoseFromHereAsync();
        await first.RevokeAsync(Match.Subject("alice"));
        await second.CatchUpAsync();
        await second.RevokeAsync(Match.Subject("bob"));
        await second.Store.Registry.SaveIssuerAsync(StoreSuite.Record(Foreign), StoreSuite.Caller, Cancel);
        await second.Store.Registry.RemoveIssuerAsync(Foreign, StoreSuite.Caller, Cancel);
        await second.CatchUpAsync();

        await FailOverAsync();
        await first.CatchUpAtLastAsync();
        (await SnapshotAsync(first)).Keys.ShouldNotContain((StoreSuite.OwnIssuer, Match.Subject("bob")));
        await second.CatchUpAtLastAsync();
        await first.CatchUpAtLastAsync();

        first.Log.Tail.Head.ShouldBe(second.Log.Tail.Head);
        (await SnapshotAsync(first))[(StoreSuite.OwnIssuer, Match.Subject("bob"))].End.IsEmpty.ShouldBeFalse();
        foreach (var subject in new[] { "alice", "bob" })
        {
            (await first.Store.Revocations.ListAsync(new(Match: Match.Subject(subject)), default, 10, Cancel)).Rows.Count
                .ShouldBe(1, subject);
        }

        second.Keys.Active.Id.ShouldBe(first.Keys.Active.Id);
    }

    [Fact]
    public async Task What_a_node_without_memory_appended_meanwhile_stays()
    {
        await using var node = await FailoverNode.StartAsync(Primary, Standby);
        await LoseFromHereAsync();
        await node.RevokeAsync(Match.Subject("alice"));
        await FailOverAsync();
        await using var another = await FailoverNode.StartAsync(Standby, Primary);
        await another.RevokeAsync(Match.Subject("bob"));

        await node.CatchUpAtLastAsync();
        await another.CatchUpAtLastAsync();

        var map = await SnapshotAsync(another);
        map[(StoreSuite.OwnIssuer, Match.Subject("alice"))].End.IsEmpty.ShouldBeFalse();
        map[(StoreSuite.OwnIssuer, Match.Subject("bob"))].End.IsEmpty.ShouldBeFalse();
        another.Log.Tail.Head.ShouldBe(node.Log.Tail.Head);
    }

    [Fact]
    public async Task Issuers_that_were_registered_or_removed_are_so_again()
    {
        await using var node = await FailoverNode.StartAsync(Primary, Standby);
        await node.Store.Registry.SaveIssuerAsync(StoreSuite.Record("https://removed.example"), StoreSuite.Caller, Cancel);
        await LoseFromHereAsync();
        await node.Store.Registry.SaveIssuerAsync(StoreSuite.Record(Foreign), StoreSuite.Caller, Cancel);
        await node.Store.Registry.RemoveIssuerAsync("https://removed.example", StoreSuite.Caller, Cancel);

        await FailOverAsync();
        await node.CatchUpAtLastAsync();

        (await node.Store.Registry.LoadAsync(Cancel)).Issuers.Select(static record => record.Issuer).ShouldBe([Foreign]);
    }

    [Fact]
    public async Task A_node_that_does_not_know_all_that_was_lost_waits_for_others_and_then_ends_everything()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        Session session;
        await using (var gone = await FailoverNode.StartAsync(Primary, Standby))
        {
            session = await gone.LogInAsync("alice");
            await LoseFromHereAsync();
            await gone.RevokeAsync(Match.Subject("alice"));
        }

        await using var node = await FailoverNode.StartAsync(Primary, Standby, time);
        await node.RevokeAsync(Match.Subject("bob"));
        var lost = node.Log.Tail.Head;
        await FailOverAsync();
        await Should.ThrowAsync<StoreUnavailableException>(node.CatchUpAsync());
        for (var i = 0; i < 20 && node.Recovery.Since is null; i++)
        {
            await Should.ThrowAsync<StoreUnavailableException>(node.CatchUpAsync());
            await Task.Delay(100, Cancel);
        }

        time.Advance(FailoverRecovery.PatienceForOthers);
        await node.CatchUpAtLastAsync();

        (await node.StateOfAsync(session)).ShouldBe(SessionState.Ended);
        node.Log.Tail.Head.Epoch.ShouldNotBe(lost.Epoch);
        (await SnapshotAsync(node))[(StoreSuite.OwnIssuer, Match.Subject("bob"))].End.IsEmpty.ShouldBeFalse();
        (await FailoverNode.AtLastAsync(() => node.LogInAsync("alice"))).EndedBy.ShouldBeNull();
    }

    private async Task LoseFromHereAsync()
    {
        await Primary.UntilAsync("select 1 from pg_stat_replication where replay_lsn >= pg_current_wal_lsn()");
        await Standby.StopAsync();
    }

    private async Task FailOverAsync()
    {
        await Primary.StopAsync();
        await Standby.StartAsync();
        await Standby.PromoteAsync();
    }

    private static async Task<Dictionary<(string, Match), RevocationState>> SnapshotAsync(FailoverNode node)
    {
        var map = new Dictionary<(string, Match), RevocationState>();
        await node.Store.Revocations.SnapshotAsync(
            default, static _ => Task.CompletedTask,
            entry =>
            {
                if (entry is { State: { } state, Match: { } match })
                {
                    map[(entry.Issuer, match)] = state;
                }

                return Task.CompletedTask;
            },
            Cancel);
        return map;
    }
}
