using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

public sealed class HubRenewals
{
    private const int Life = 3;

    // Asked with a third of its life left, a connection takes eight tokens in a little more than five of their lives.
    private const int Tokens = 8;

    [Fact]
    public async Task Renewal_in_place_keeps_hub_connections_alive_across_five_token_lifetimes()
    {
        await using var api = await LiveApi.StartAsync();

        await Task.WhenAll(
            StayAsync(api, "alice", HttpTransportType.WebSockets),
            StayAsync(api, "bob", HttpTransportType.ServerSentEvents),
            StayAsync(api, "carol", HttpTransportType.LongPolling));
    }

    // SignalR reads no further while a call waits for its turn, or an item for room.
    [Theory]
    [InlineData("a call waits for its turn", 1, false)]
    [InlineData("an item waits for room", 1, false)]
    [InlineData("calls run beside each other", 4, true)]
    public async Task A_renewal_waits_behind_what_the_hub_has_no_room_for_and_comes_too_late_there(string what, int calls, bool isInTime)
    {
        await using var api = await LiveApi.StartAsync(
            verifier => verifier.Connections.RenewalMargin = TimeSpan.FromSeconds(isInTime ? 60 : 2),
            services: services => services.Configure<HubOptions>(hubs => hubs.MaximumParallelInvocationsPerClient = calls));
        await using var alice = new HubClient(api.Hub(HttpTransportType.WebSockets, () => api.Mint("alice")));
        alice.Hub.On<int>("RenewToken", async _ => await alice.Hub.InvokeAsync("Renew", api.Mint("alice")));
        await alice.StartAsync();
        var go = api.Work.Pause();
        var (word, times) = await BusyAsync(alice.Hub, what);
        await Eventually.Async(() => api.Api.Logs.GetSnapshot().Count(line => line.Message.Contains(word, StringComparison.Ordinal)) == times);

        api.Log.Renew(Match.Subject("alice"));

        if (isInTime)
        {
            await Eventually.Async(async () => await WhoAsync(alice.Hub) == "alice");
        }
        else
        {
            await Eventually.Async(() => alice.Told is not null);
            alice.Told.ShouldNotBeNull().ShouldContain("4419 token_expired");
        }

        go.SetResult();
    }

    // What SignalR logs of the last thing that it reads, and how often.
    private static async Task<(string Word, int Times)> BusyAsync(HubConnection hub, string what)
    {
        if (what != "an item waits for room")
        {
            await hub.SendAsync("Wait");
            await hub.SendAsync("Wait");
            return ("Received hub invocation", 2);
        }

        var items = Channel.CreateUnbounded<int>();
        for (var i = 0; i < 100; i++)
        {
            items.Writer.TryWrite(i);
        }

        // One is taken, ten fit into the buffer.
        await hub.SendAsync("Upload", items.Reader);
        return ("Received item for stream", 12);
    }

    // Refused until the renewal was answered.
    private static async Task<string> WhoAsync(HubConnection hub)
    {
        try
        {
            return await hub.InvokeAsync<string>("Who");
        }
        catch (HubException refused)
        {
            return refused.Message;
        }
    }

    private static async Task StayAsync(LiveApi api, string subject, HttpTransportType transport)
    {
        var newest = api.Mint(subject, Life);
        await using var client = new HubClient(api.Hub(transport, () => newest));
        var renewals = 0;
        client.Hub.On<int>("RenewToken", async _ =>
        {
            newest = api.Mint(subject, Life);
            await client.Hub.InvokeAsync("Renew", newest);
            renewals++;
        });
        await client.StartAsync();
        var id = client.Hub.ConnectionId;

        await Eventually.Async(() => renewals >= Tokens);

        (await client.Hub.InvokeAsync<string>("Who")).ShouldBe(subject);
        (client.Hub.ConnectionId, client.Reconnects).ShouldBe((id, 0), transport.ToString());
    }
}
