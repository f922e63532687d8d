using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>The code of docs/guide/live-connections.md that is not the sample's.</summary>
public sealed class Guide
{
    [Fact]
    public async Task A_client_that_does_as_the_guide_says_stays()
    {
        await using var api = await LiveApi.StartAsync();
        var token = api.Mint("alice");
        await using var hub = api.Hub(HttpTransportType.WebSockets, () => token);
        var asked = 0;
        hub.On<int>("RenewToken", async seconds => await hub.InvokeAsync("Renew", await FreshTokenAsync()));
        await hub.StartAsync();

        api.Log.Renew(Match.Subject("alice"));

        await Eventually.Async(() => asked == 1);
        await Eventually.Async(async () => await WhoAsync() == "alice");

        Task<string> FreshTokenAsync()
        {
            asked++;
            return Task.FromResult(api.Mint("alice"));
        }

        // Refused until the renewal was answered.
        async Task<string> WhoAsync()
        {
            try
            {
                return await hub.InvokeAsync<string>("Who");
            }
            catch (Microsoft.AspNetCore.SignalR.HubException refused)
            {
                return refused.Message;
            }
        }
    }
}
