using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>A hub that speaks MessagePack is watched as one that speaks JSON.</summary>
public sealed class HubProtocols
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(HttpTransportType.WebSockets)]
    [InlineData(HttpTransportType.LongPolling)]
    public async Task It_is_held_renewed_and_revoked(HttpTransportType transport)
    {
        await using var api = await StartAsync();
        var token = api.Mint("alice");
        await using var alice = await OpenAsync(api, transport, () => token);
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
        await api.Chat.Clients.All.SendAsync("Said", "kept");
        (await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync<string>("Who"))).Message
            .ShouldContain("4419 token_expired");
        (await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync("Renew", "no token at all"))).Message
            .ShouldContain("4401 invalid_token");

        await alice.Hub.InvokeAsync("Renew", token = api.Mint("alice"));

        (await alice.Hub.InvokeAsync<string>("Who")).ShouldBe("alice");
        await Eventually.Async(() => !alice.Heard.IsEmpty);
        alice.Heard.ShouldBe(["kept"]);
        api.Log.End(Match.Subject("alice"));
        (await alice.Closed).ShouldNotBeNull().Message.ShouldContain("4401 session_revoked");
        alice.Reconnects.ShouldBe(0);
    }

    [Fact]
    public async Task Streams_in_both_directions_end_with_the_session()
    {
        await using var api = await StartAsync();
        await using var alice = await OpenAsync(api, HttpTransportType.WebSockets, Once(api.Mint("alice")));
        var go = api.Work.Pause();
        var items = Channel.CreateUnbounded<int>();
        for (var i = 0; i < 8; i++)
        {
            items.Writer.TryWrite(i);
        }

        await alice.Hub.SendAsync("Upload", items.Reader);
        await using var counting = alice.Hub.StreamAsync<int>("Count").GetAsyncEnumerator();
        (await counting.MoveNextAsync()).ShouldBeTrue();
        await Eventually.Async(() => api.Work.Taken.Count == 1);

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        go.SetResult();

        await Should.ThrowAsync<Exception>(async () =>
        {
            while (await counting.MoveNextAsync().AsTask().WaitAsync(Limit))
            {
            }
        });
        (await alice.Closed).ShouldNotBeNull().Message.ShouldContain("4401 session_revoked");
        await Eventually.Async(() => api.Live == 0);
        api.Work.Taken.ShouldBe([0]);
    }

    private static Task<LiveApi> StartAsync() => LiveApi.StartAsync(
        static verifier => verifier.Connections.RenewalMargin = Long,
        services: static services => services.AddSignalR().AddMessagePackProtocol());

    private static Task<HubClient> OpenAsync(LiveApi api, HttpTransportType transport, Func<string> token) =>
        new HubClient(api.Hub(transport, token, configure: static hub => hub.AddMessagePackProtocol())).StartAsync();

    private static Func<string> Once(string token) => () => token;
}
