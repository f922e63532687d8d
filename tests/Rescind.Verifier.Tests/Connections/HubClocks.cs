using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>Hub connections of a server whose clock is set back: every token is from the future then.</summary>
public sealed class HubClocks
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    // Longer than a client that polls waits for a sign of life.
    private static readonly TimeSpan Polls = TimeSpan.FromSeconds(3);

    [Theory]
    [MemberData(nameof(Hubs.Transports), MemberType = typeof(Hubs))]
    public async Task A_connection_waits_until_the_clock_is_right_and_loses_nothing(HttpTransportType transport)
    {
        var clock = new ShiftedTime();
        await using var api = await LiveApi.StartAsync(
            static verifier => verifier.Connections.StalePatience = Long, time: clock);
        var token = api.Mint("alice");
        await using var alice = await new HubClient(api.Hub(transport, () => token)).StartAsync();
        await SayAsync(api, 0, 5);
        await Eventually.Async(() => alice.Heard.Count == 5);

        clock.By = -TimeSpan.FromHours(1);
        (await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync<string>("Who"))).Message.ShouldContain("1013");
        await SayAsync(api, 5, 5);
        await Task.Delay(Polls);
        alice.Heard.Count.ShouldBe(5);
        clock.By = TimeSpan.Zero;

        await Eventually.Async(() => alice.Heard.Count == 10);
        alice.Heard.ShouldBe(Enumerable.Range(0, 10).Select(static i => $"{i}"));
        (alice.Told, alice.Reconnects).ShouldBe((null, 0));
    }

    private static async Task SayAsync(LiveApi api, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            await api.Chat.Clients.All.SendAsync("Said", $"{i}");
        }
    }
}
