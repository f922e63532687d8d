using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Time.Testing;
using Rescind.Verifier.Connections.Hubs;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>Closes of hub connections that are not ours, and what is remembered of those that are.</summary>
public sealed class HubCloses
{
    private const string Hello = "{\"protocol\":\"json\",\"version\":1}\u001e";
    private const string Nonsense = "this is not JSON\u001e";
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_whose_connection_SignalR_itself_ends_is_told_so(bool isHeld)
    {
        await using var api = await StartAsync();
        using var socket = await OpenAsync(api);
        if (isHeld)
        {
            await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
            await api.Chat.Clients.All.SendAsync("Said", "kept, and never sent");
        }

        await socket.SayAsync(Nonsense);

        var heard = string.Concat((await socket.HearToTheEndAsync()).Before);
        heard.ShouldContain("\"type\":7");
        heard.ShouldNotContain("kept");
    }

    [Theory]
    [MemberData(nameof(Hubs.Transports), MemberType = typeof(Hubs))]
    public async Task A_hub_that_ends_a_connection_that_is_held_ends_it_for_its_client_at_once(HttpTransportType transport)
    {
        await using var api = await StartAsync();
        var token = api.Mint("alice");
        await using var alice = await new HubClient(api.Hub(transport, () => token)).StartAsync();
        var go = api.Work.Pause();
        await alice.Hub.SendAsync("WaitAndLeave");
        await Eventually.Async(() => api.Work.Taken.Count == 1);
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        go.SetResult();

        await alice.Closed;
        alice.Reconnects.ShouldBe(0);
        await Eventually.Async(() => api.Live == 0);
    }

    [Fact]
    public async Task A_revocation_goes_before_the_close_of_SignalR_itself()
    {
        await using var api = await StartAsync();
        using var socket = await OpenAsync(api);
        await api.EndACrowdAsync();
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));

        await socket.SayAsync(Nonsense);

        string.Concat((await socket.HearToTheEndAsync()).Before).ShouldContain("4401 session_revoked");
    }

    [Theory]
    [InlineData("nothing", "words of the client")]
    [InlineData("renew", null)]
    [InlineData("end", null)]
    public async Task Why_a_client_leaves_is_heard_by_the_hub_only_while_its_token_holds(string act, string? heard)
    {
        await using var api = await StartAsync();
        using var socket = await OpenAsync(api);
        await api.EndACrowdAsync();
        await api.AppliedAsync(
            act switch
            {
                "renew" => api.Log.Renew(Match.Subject("alice")),
                "end" => api.Log.End(Match.Subject("alice")),
                _ => default,
            });

        await socket.SayAsync("{\"type\":7,\"error\":\"words of the client\"}\u001e");

        await Eventually.Async(() => !api.Work.Farewells.IsEmpty);
        api.Work.Farewells.ShouldBe([heard]);
    }

    [Fact]
    public void One_that_is_over_is_remembered_for_half_a_minute_and_no_longer()
    {
        var time = new FakeTimeProvider();
        var hubs = new PolledHubs(new(time, Entropy.System));
        var (early, late) = (Polled("early"), Polled("late"));
        hubs.Add(early);
        hubs.Add(late);

        hubs.End(early, "told"u8.ToArray());
        time.Advance(TimeSpan.FromSeconds(20));
        hubs.End(late, "told"u8.ToArray());
        time.Advance(TimeSpan.FromSeconds(9.9));

        hubs.Find(Request("early")).ShouldBe(early);
        time.Advance(TimeSpan.FromSeconds(0.1));
        hubs.Find(Request("early")).ShouldBeNull();
        hubs.Find(Request("late")).ShouldBe(late);
        time.Advance(TimeSpan.FromSeconds(20));
        hubs.Find(Request("late")).ShouldBeNull();
    }

    [Fact]
    public void One_that_has_no_reason_to_be_told_is_forgotten_at_once_and_one_that_lives_never()
    {
        var time = new FakeTimeProvider();
        var hubs = new PolledHubs(new(time, Entropy.System));
        var (over, living) = (Polled("over"), Polled("living"));
        hubs.Add(over);
        hubs.Add(living);

        hubs.End(over, null);
        hubs.Find(Request("over")).ShouldBeNull();
        time.Advance(TimeSpan.FromDays(1));

        hubs.Find(Request("living")).ShouldBe(living);
    }

    private static PolledHub Polled(string id) => new(id, HttpTransportType.LongPolling, null!, null!, static () => { });

    private static DefaultHttpContext Request(string id) =>
        new() { Request = { QueryString = new("?id=" + id) } };

    private static Task<LiveApi> StartAsync() => LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);

    private static async Task<ClientWebSocket> OpenAsync(LiveApi api)
    {
        var socket = await api.OpenAtAsync("chat?access_token=" + api.Mint("alice"));
        await socket.SayAsync(Hello);
        (await socket.HearAsync()).ShouldBe("{}\u001e");
        return socket;
    }
}
