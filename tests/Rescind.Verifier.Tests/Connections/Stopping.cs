using Microsoft.AspNetCore.Http.Connections;
using Rescind.Verifier.Connections;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>What becomes of live connections when their app stops (WS-8).</summary>
public sealed class Stopping
{
    // The server itself gives up on its connections after 30 s.
    private static readonly TimeSpan WellBeforeTheServersLimit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_socket_is_told_to_come_back_and_does_not_hold_up_the_end()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.ShouldEchoAsync("hello");

        var stopping = api.Api.StopAsync();

        (await alice.HearToTheEndAsync()).Close.ShouldBe("1012 service_restart");
        await stopping.WaitAsync(WellBeforeTheServersLimit);
    }

    [Theory]
    [InlineData("/events")]
    [InlineData("/quiet")]
    public async Task An_event_stream_is_told_and_ends_cleanly(string path)
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await EventReader.OpenAsync(api, api.Mint("alice"), path);
        await alice.ReadAsync();

        var stopping = api.Api.StopAsync();

        (await alice.ReadToTheEndAsync())[^2..].ShouldBe(["event: rescind", "data: close 1012 service_restart"]);
        await stopping.WaitAsync(WellBeforeTheServersLimit);
    }

    [Theory]
    [InlineData(HttpTransportType.WebSockets)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    [InlineData(HttpTransportType.LongPolling)]
    public async Task A_stock_client_of_a_hub_tries_to_come_back(HttpTransportType transport)
    {
        await using var api = await LiveApi.StartAsync();
        var token = api.Mint("alice");
        await using var alice = await new HubClient(api.Hub(transport, () => token)).StartAsync();

        var stopping = api.Api.StopAsync();

        await Eventually.Async(() => alice.Reconnects == 1);
        await stopping.WaitAsync(WellBeforeTheServersLimit);
    }

    [Fact]
    public async Task Of_a_crowd_each_goes_on_until_its_turn()
    {
        var watched = await WatchedReplica.StartAsync();
        var crowd = Enumerable.Range(0, CloseTimes.AtOnce + 1).Select(i => watched.Open($"s{i}")).ToList();
        crowd.ForEach(static one => one.Connection.Begin());

        watched.Connections.Stop();
        await watched.TickAsync();
        await watched.TickAsync();

        var last = crowd.Where(static one => one.Closed is null).ShouldHaveSingleItem();
        last.Connection.Look().ShouldBe(DeliveryState.Open);
        await watched.WaitAsync(TimeSpan.FromSeconds(1));
        await watched.TickAsync();
        await watched.TickAsync();
        crowd.ShouldAllBe(static one => one.Closed == "1012 service_restart");
    }

    [Fact]
    public async Task Who_is_revoked_meanwhile_is_not_told_to_come_back()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s");
        one.Connection.Begin();
        watched.Log.End(Match.Session("s"));

        watched.Connections.Stop();
        await watched.PollAsync();
        await watched.TickAsync();

        one.Closed.ShouldBe("4401 session_revoked");
    }

    [Fact]
    public async Task Who_comes_while_the_app_stops_is_closed_at_the_next_look()
    {
        var watched = await WatchedReplica.StartAsync();
        watched.Connections.Stop();
        var one = watched.Open("s");

        one.Connection.Begin();
        await watched.WaitAsync(LiveConnections.Tick);
        await watched.TickAsync();
        await watched.TickAsync();

        one.Closed.ShouldBe("1012 service_restart");
    }
}
