using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
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
