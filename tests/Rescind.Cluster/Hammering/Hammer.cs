using System.Diagnostics;
using System.Net;
using Rescind.Cluster.Support;
using Rescind.EndToEnd;

namespace Rescind.Cluster.Hammering;

/// <summary>
/// G1, G2 and G4 of two nodes while they are killed, stopped and cut off, and their database is restarted: nothing that
/// was acknowledged is lost or missed, no refresh token has two successors, and no position comes after a newer one.
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class Hammer(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Faults = 5;
    private const int Looks = 4;

    private static readonly int Rounds = Environment.GetEnvironmentVariable("RESCIND_FULL") == "1" ? 1_000 : 20;
    private static readonly TimeSpan Before = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Stopped = TimeSpan.FromMilliseconds(2_500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Databases _databases = new();

    public ValueTask InitializeAsync() => _databases.InitializeAsync();

    public ValueTask DisposeAsync() => _databases.DisposeAsync();

    [Fact]
    public async Task What_two_nodes_promise_holds_while_they_and_their_database_fail()
    {
        await using var authority = await AuthorityProcess.StartAsync(_databases);
        using var admin = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, admin);
        var promises = new Promises();
        using var caller = new Caller(authority, promises);
        await caller.LogInAsync();
        var load = new Load(caller, promises);
        await load.BeginAsync(await admin.EpochAsync());

        for (var round = 0; round < Rounds; round++)
        {
            using var stop = new CancellationTokenSource();
            var working = load.RunAsync(orders, stop.Token);
            await Task.Delay(Before);
            await FailAsync(authority, round);
            await Task.Delay(Before);
            await stop.CancelAsync();
            await working;

            await ReadyAsync(authority);
            await caller.LogInAsync();
            await EverythingStandsAsync(load, caller, promises, orders, last: round == Rounds - 1);
            promises.Broken.ShouldBeEmpty($"in round {round}\n{authority.Output}");
        }

        output.WriteLine($"{Rounds} rounds, {promises.Successors} refreshes, {promises.Revoked.Count} revocations");
        promises.Successors.ShouldBeGreaterThan(Rounds);
        promises.Revoked.Count.ShouldBeGreaterThan(Rounds / 2);
    }

    private async Task FailAsync(AuthorityProcess authority, int round)
    {
        var node = round / Faults % 2 == 0 ? authority.First : authority.Second;
        switch (round % Faults)
        {
            case 0:
                await node.KillAsync();
                await node.StartAsync();
                break;
            case 1:
                await node.SignalAsync("STOP");
                await Task.Delay(Stopped);
                await node.SignalAsync("CONT");
                break;
            case 2:
                for (var cut = 0; cut < 3; cut++)
                {
                    await _databases.CutConnectionsAsync();
                    await Task.Delay(Before);
                }

                break;
            case 3:
                await _databases.RestartAsync();
                break;
            default:
                await node.StopAsync();
                await node.StartAsync();
                break;
        }
    }

    private static async Task ReadyAsync(AuthorityProcess authority)
    {
        foreach (var url in new[] { authority.First.Url, authority.Second.Url, authority.Url })
        {
            await UntilAsync(async () =>
            {
                try
                {
                    using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
                    using var answer = await http.GetAsync("/health/ready");
                    return answer.IsSuccessStatusCode;
                }
                catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
                {
                    return false;
                }
            }, () => $"{url} is not ready again:\n{authority.Output}");
        }

        // What was on its way to a node that stood still has arrived.
        await Task.Delay(TimeSpan.FromMilliseconds(500));
    }

    private static async Task EverythingStandsAsync(
        Load load, Caller caller, Promises promises, OrdersProcess orders, bool last)
    {
        foreach (var session in load.Live)
        {
            await UntilAsync(async () =>
            {
                session.IsWaiting = false;
                await load.RotateAsync(session);
                return !session.IsWaiting;
            }, () => $"{session.Id} is not refreshed");
            await UntilAsync(
                async () => await StatusAsync(orders, session.AccessToken) is HttpStatusCode.OK,
                () => $"A verifier does not take a good token again:\n{orders.Output}");
        }

        foreach (var revoked in last ? [.. promises.Revoked] : promises.Revoked.TakeLast(Looks))
        {
            for (var at = 0; at < caller.Addresses; at++)
            {
                await StandsAsync(caller, promises, revoked, at);
            }

            await UntilAsync(
                async () => await StatusAsync(orders, revoked.AccessToken) is HttpStatusCode.Unauthorized,
                () => $"A verifier has missed {revoked.Act}:\n{orders.Output}");
        }
    }

    private static async Task StandsAsync(Caller caller, Promises promises, RevokedSession revoked, int at)
    {
        Answer? act = null, refreshed = null;
        bool? isActive = null;
        await UntilAsync(async () =>
        {
            act ??= await caller.GetAsync($"/v1/revocations/{revoked.Act}", at);
            refreshed ??= await caller.RefreshAsync(revoked.RefreshToken, at);
            isActive ??= await caller.IsActiveAsync(revoked.AccessToken, at);
            return act is not null && refreshed is not null && isActive is not null;
        }, () => $"{revoked.Act} is not told of");
        if (act!.Status is not HttpStatusCode.OK || isActive is not false
            || (string?)refreshed!.Body?["error"] != "invalid_grant")
        {
            promises.Break($"{revoked.Act} is lost at {at}: {act.Body}, {refreshed!.Body}, {isActive}");
        }
    }

    private static async Task<HttpStatusCode?> StatusAsync(OrdersProcess orders, string token)
    {
        try
        {
            return await orders.StatusAsync(token);
        }
        catch (TaskCanceledException)
        {
            return null;
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo, Func<string> otherwise)
    {
        var clock = Stopwatch.StartNew();
        while (!await isSo())
        {
            clock.Elapsed.ShouldBeLessThan(Patience, otherwise());
            await Task.Delay(20);
        }
    }
}
