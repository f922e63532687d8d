using System.Net;
using Npgsql;
using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.Cluster.Support;
using Rescind.EndToEnd;

namespace Rescind.Cluster;

/// <summary>The server of two nodes is lost, and a standby that lacks acknowledged revocations takes its place.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class FailoverOfNodes
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task What_was_acknowledged_is_refused_throughout_and_nobody_else_is_logged_out()
    {
        await using var primary = await PostgresServer.CreateAsync();
        await using var standby = await primary.AddStandbyAsync("second");
        await using var authority = await AuthorityProcess.StartAsync(Either(primary, standby));
        using var admin = await authority.ConnectAsync();
        await using var first = await OrdersProcess.StartAsync(authority, admin);
        await using var second = await OrdersProcess.StartAsync(authority, admin);
        var (alice, carol) = (await admin.StartSessionAsync("alice"), await admin.StartSessionAsync("carol"));
        await primary.UntilAsync("select 1 from pg_stat_replication where replay_lsn >= pg_current_wal_lsn()");
        await standby.StopAsync();
        var epoch = await admin.EpochAsync();
        var receipt = await admin.RevokeAsync("subject", "alice", waitSeconds: 20);
        ((int)receipt["in_force"]!["applied"]!).ShouldBe(2, receipt.ToString());

        using var over = new CancellationTokenSource();
        var taken = TakenAsync([first, second], alice.AccessToken, over.Token);
        await primary.StopAsync();
        await standby.StartAsync();
        await standby.PromoteAsync();
        var refreshed = await AtLastAsync(
            () => admin.RefreshAsync(carol.RefreshToken), static answer => answer.Status is HttpStatusCode.OK);
        await AtLastAsync(() => EpochAsync(admin), now => now is not null && now != epoch);

        // Until then it may have been signed by a key of before.
        refreshed = await AtLastAsync(
            () => admin.RefreshAsync(refreshed.RefreshToken!), static answer => answer.Status is HttpStatusCode.OK);
        foreach (var orders in new[] { first, second })
        {
            await AtLastAsync(
                () => orders.StatusAsync(refreshed.AccessToken!), static status => status is HttpStatusCode.OK);
            (await orders.StatusAsync(carol.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
            (await orders.StatusAsync(alice.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
        }

        (await admin.RefreshAsync(alice.RefreshToken)).Error.ShouldBe("invalid_grant");
        await over.CancelAsync();
        (await taken).ShouldBe(0, authority.Output);
        authority.Output.ShouldContain("RSC1038");
    }

    private static string Either(PostgresServer primary, PostgresServer standby)
    {
        var one = new NpgsqlConnectionStringBuilder(primary.ConnectionString);
        var other = new NpgsqlConnectionStringBuilder(standby.ConnectionString);
        one.Host = $"{one.Host}:{one.Port},{other.Host}:{other.Port}";
        one["Target Session Attributes"] = "primary";
        return one.ConnectionString;
    }

    // How often a token was taken.
    private static async Task<int> TakenAsync(OrdersProcess[] verifiers, string token, CancellationToken over)
    {
        var taken = 0;
        while (!over.IsCancellationRequested)
        {
            foreach (var orders in verifiers)
            {
                taken += await orders.StatusAsync(token) is HttpStatusCode.OK ? 1 : 0;
            }

            await Task.Delay(20, CancellationToken.None);
        }

        return taken;
    }

    // Null while no node can say it, and the caller's own token is one of before.
    private static async Task<string?> EpochAsync(AuthorityClient client)
    {
        try
        {
            await client.LogInAsync();
            return await client.EpochAsync();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static async Task<T> AtLastAsync<T>(Func<Task<T>> look, Func<T, bool> isIt)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var seen = await look();
            if (isIt(seen))
            {
                return seen;
            }

            patience.IsCancellationRequested.ShouldBeFalse($"The last that was seen: {seen}");
            await Task.Delay(100, CancellationToken.None);
        }
    }
}
