using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>What is done to the data beside its nodes, on a server of its own.</summary>
public sealed class PostgresRestoreTests : IAsyncLifetime
{
    private static readonly StoredKey Key =
        new("kid", "ES256", KeyState.Active, new byte[] { 1, 2 }, """{"kty":"EC"}""", 1, 1, null);

    private static readonly StoredKey RefreshKey = new("1", "rt", KeyState.Refresh, new byte[] { 3 }, null, 1, null, null);

    private static readonly TimeSpan PulseInterval = TimeSpan.FromMilliseconds(250);

    private PostgresServer? _server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private PostgresServer Server => _server!;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.CreateAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    [Fact]
    public async Task A_copy_that_was_put_back_begins_another_epoch_ends_every_session_and_loses_every_key()
    {
        LogHead before;
        Session session;
        await using (var store = await OpenAsync())
        {
            await store.Registry.SaveKeysAsync([Key, RefreshKey], null, StoreSuite.Caller, Cancel);
            session = await StartAsync(store);
            await store.Revocations.RevokeAsync(StoreSuite.Draft(Match.Subject("bob")), Cancel);
            before = (await store.Registry.LoadAsync(Cancel)).Head;
        }

        var restored = await PostgreSqlBreakGlass.RestoreAsync(Server.ConnectionString, "local:test");

        (restored.Issuer, restored.BackupPosition, restored.EndedSessions).ShouldBe((StoreSuite.OwnIssuer, before.Position, 1));
        restored.Epoch.ShouldNotBe(before.Epoch);
        await using var again = await OpenAsync();
        var registry = await again.Registry.LoadAsync(Cancel);
        (registry.Restored, registry.Head.Epoch, registry.Head.Position).ShouldBe((true, restored.Epoch, restored.Position));
        registry.Keys.ShouldHaveSingleItem().Sealed.IsEmpty.ShouldBeTrue();
        (await again.Sessions.FindAsync(session.Id, Cancel))!.EndedBy.ShouldNotBeNull();
        var page = (await again.Revocations.ReadAsync(before.Position, 100, Cancel))!;
        page.Entries.Aggregate(page.Before!.Value, static (chain, entry) => chain.Then(entry)).ShouldBe(page.Head.Chain);
        page.Before.ShouldBe(LogChain.Start(restored.Epoch));
        (await again.Registry.AuditAsync(new(null, null, null, default, 100), Cancel)).Rows.Select(static line => line.Action)
            .ShouldContain("restored");
    }

    [Fact]
    public async Task It_is_refused_while_a_node_runs_for_another_issuer_and_where_nothing_is()
    {
        (await RefusedAsync(null)).ShouldStartWith("RSC1024");
        await using var store = await OpenAsync();
        (await RefusedAsync("https://other.example")).ShouldStartWith("RSC1003");

        var refused = RefusedAsync(StoreSuite.OwnIssuer);
        while (!refused.IsCompleted)
        {
            await store.Nodes.PulseAsync(Cancel);
            await Task.Delay(PulseInterval, Cancel);
        }

        (await refused).ShouldStartWith("RSC1006");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3600)]
    public async Task The_pulses_and_leases_in_a_copy_are_of_nodes_that_run_no_more(int secondsAhead)
    {
        await using (var store = await OpenAsync())
        {
            await store.Nodes.PulseAsync(Cancel);
            (await store.Nodes.TryLeaseAsync("purge", "before", TimeSpan.FromHours(1), Cancel)).ShouldBeTrue();
        }

        await Server.ExecuteAsync($"update rescind.nodes set at = at + {secondsAhead}");

        (await PostgreSqlBreakGlass.RestoreAsync(Server.ConnectionString, "local:test")).Issuer.ShouldBe(StoreSuite.OwnIssuer);

        await using var again = await OpenAsync();
        (await again.Nodes.TryLeaseAsync("purge", "after", TimeSpan.FromHours(1), Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_revocation_is_lifted_beside_a_node_that_runs()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store);
        var act = (await store.Revocations.RevokeAsync(StoreSuite.Draft(Match.Subject("alice")), Cancel)).Revocation!;

        var lifted = await PostgreSqlBreakGlass.LiftAsync(Server.ConnectionString, act.Position, "local:test", Cancel);

        lifted.Revocation.LiftedBy.ShouldNotBeNull();
        (await store.Sessions.FindAsync(session.Id, Cancel))!.EndedBy.ShouldBeNull();
        var refused = await Should.ThrowAsync<RevocationRefusedException>(
            PostgreSqlBreakGlass.LiftAsync(Server.ConnectionString, new(1), "local:test", Cancel));
        refused.Code.ShouldBe("RSC2008");
    }

    private async Task<string> RefusedAsync(string? issuer) => (await Should.ThrowAsync<InvalidOperationException>(
        PostgreSqlBreakGlass.RestoreAsync(Server.ConnectionString, "local:test", issuer))).Message;

    private Task<PostgresStore> OpenAsync() => PostgresStore.OpenAsync(
        new() { ConnectionString = Server.ConnectionString, Issuer = StoreSuite.OwnIssuer }, TimeProvider.System,
        Entropy.System);

    private static async Task<Session> StartAsync(PostgresStore store)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var session = new Session
        {
            Id = Entropy.System.NextId(), Subject = "alice", ClientId = "shop", Audience = ["orders"], CreatedAt = now,
            AuthenticatedAt = now, LastRefreshedAt = now, Generation = 1, IdleExpiresAt = now + 3600, ExpiresAt = now + 7200,
            Started = default, RefreshKeyId = 1, Salt = new byte[] { 1, 2, 3 }, Tags = [],
        };
        return (await store.Sessions.StartAsync(new() { Session = session, Audit = StoreSuite.Caller }, Cancel)).Session!;
    }
}
