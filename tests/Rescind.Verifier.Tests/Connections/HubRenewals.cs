using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

public sealed class HubRenewals
{
    // Asked with a third of its life left, a connection takes eight tokens in a little more than five of their lives.
    private const int Tokens = 8;

    [Fact]
    public async Task Renewal_in_place_keeps_hub_connections_alive_across_five_token_lifetimes()
    {
        await using var api = await LiveApi.StartAsync();

        // A machine that is too busy to renew in a third of a short life shows nothing: then with longer ones.
        (await AllStayAsync(api, life: 4) || await AllStayAsync(api, life: 12) || await AllStayAsync(api, life: 36))
            .ShouldBeTrue();
    }

    // SignalR reads no further while a call waits for its turn, or an item for room.
    [Theory]
    [InlineData("a call waits for its turn", 1, false)]
    [InlineData("an item waits for room", 1, false)]
    [InlineData("calls run beside each other", 4, true)]
    public async Task A_renewal_waits_behind_what_the_hub_has_no_room_for_and_comes_too_late_there(
        string what, int calls, bool isInTime)
    {
        await using var api = await LiveApi.StartAsync(
            verifier => verifier.Connections.RenewalMargin = TimeSpan.FromSeconds(isInTime ? 60 : 2),
            services: services => services.Configure<HubOptions>(hubs => hubs.MaximumParallelInvocationsPerClient = calls));
        await using var alice = new HubClient(api.Hub(HttpTransportType.WebSockets, () => api.Mint("alice")));
        alice.Hub.On<int>("RenewToken", async _ => await alice.Hub.InvokeAsync("Renew", api.Mint("alice")));
        await alice.StartAsync();
        var go = api.Work.Pause();
        var (word, times) = await BusyAsync(alice.Hub, what);
        await Eventually.Async(() =>
            api.Api.Logs.GetSnapshot().Count(line => line.Message.Contains(word, StringComparison.Ordinal)) == times);

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

    private static async Task<bool> AllStayAsync(LiveApi api, int life)
    {
        HttpTransportType[] transports =
            [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling];
        return (await Task.WhenAll(transports.Select(transport => StaysAsync(api, transport, life)))).All(static stays => stays);
    }

    private static async Task<bool> StaysAsync(LiveApi api, HttpTransportType transport, int life)
    {
        var newest = api.Mint("alice", life);
        await using var client = new HubClient(api.Hub(transport, () => newest));
        var (renewals, done) = (0, new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
        client.Hub.On<int>("RenewToken", async _ =>
        {
            newest = api.Mint("alice", life);
            await client.Hub.InvokeAsync("Renew", newest);
            if (++renewals == Tokens)
            {
                done.TrySetResult(true);
            }
        });
        client.Hub.Closed += Over;
        client.Hub.Reconnecting += Over;
        await client.StartAsync();
        var id = client.Hub.ConnectionId;

        return await done.Task.WaitAsync(TimeSpan.FromMinutes(5)) && await WhoAsync(client.Hub) == "alice"
            && client.Hub.ConnectionId == id;

        Task Over(Exception? failure)
        {
            done.TrySetResult(false);
            return Task.CompletedTask;
        }
    }
}
