using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>A client that polls hears and keeps what one on a WebSocket hears and keeps.</summary>
public sealed class HubPolls
{
    private const string Close = "{\"type\":7,\"error\":\"4401 session_revoked\"}\u001e";
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Twenty_of_twenty_are_told_4401_though_messages_flow()
    {
        await using var api = await LiveApi.StartAsync();
        var clients = new List<HubClient>();
        for (var i = 0; i < 20; i++)
        {
            clients.Add(await new HubClient(api.Hub(HttpTransportType.LongPolling, Once(api.Mint("alice")))).StartAsync());
        }

        await using var traffic = new Traffic(api);
        await Eventually.Async(() => clients.TrueForAll(static client => client.Heard.Count > 5));

        api.Log.End(Match.Subject("alice"));

        foreach (var client in clients)
        {
            (await client.Closed).ShouldNotBeNull().Message.ShouldContain("4401 session_revoked");
            client.Reconnects.ShouldBe(0);
            await client.DisposeAsync();
        }

        await Eventually.Async(() => api.Live == 0);
    }

    [Fact]
    public async Task The_newest_token_of_its_provider_renews_the_connection_though_messages_flow_and_none_is_lost()
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        var newest = api.Mint("alice", claims: new { role = "admin" });
        await using var alice = await new HubClient(api.Hub(HttpTransportType.LongPolling, () => newest)).StartAsync();
        var id = alice.Hub.ConnectionId;
        await using var traffic = new Traffic(api);
        for (var i = 0; i < 5; i++)
        {
            var before = alice.Heard.Count;
            await Eventually.Async(() => alice.Heard.Count > before + 5);
            var position = api.Log.Renew(Match.Subject("alice"));
            newest = api.Mint("alice", claims: new { role = "buyer" });
            await api.AppliedAsync(position);
        }

        await Eventually.Async(() => alice.Heard.Count > 100);
        int[] heard = [.. alice.Heard.Select(int.Parse)];
        heard.ShouldBe(Enumerable.Range(heard[0], heard.Length));
        (alice.Hub.ConnectionId, alice.Reconnects).ShouldBe((id, 0));
        (await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync<string>("Secret"))).Message
            .ShouldContain("unauthorized");
    }

    [Fact]
    public async Task The_user_of_a_hub_is_that_of_its_newest_token_whichever_poll_SignalR_takes_it_from()
    {
        await using var api = await LiveApi.StartAsync();
        await using var connection = new DefaultConnectionContext("id", new Ends(), new Ends());
        var handshake = api.HandshakeOf("alice");
        await using var hub = api.Begin(connection, handshake);

        var user = connection.Features.Get<IConnectionUserFeature>().ShouldNotBeNull();
        user.User = new();

        user.User.ShouldBe(handshake.User);
    }

    [Fact]
    public async Task One_that_has_no_newer_token_is_told_4419_when_its_time_is_over()
    {
        await using var api = await LiveApi.StartAsync(
            static verifier => verifier.Connections.RenewalMargin = TimeSpan.FromSeconds(2));
        var asked = 0;
        await using var alice = new HubClient(api.Hub(HttpTransportType.LongPolling, Once(api.Mint("alice"))));
        alice.Hub.On<int>("RenewToken", _ => asked++);
        await alice.StartAsync();
        await using var traffic = new Traffic(api);
        await Eventually.Async(() => alice.Heard.Count > 5);

        api.Log.Renew(Match.Subject("alice"));

        await Eventually.Async(() => alice.Told is not null);
        alice.Told!.ShouldContain("4419 token_expired");
        asked.ShouldBe(1);
    }

    [Fact]
    public async Task One_that_the_verifier_is_not_sure_of_waits_and_goes_on()
    {
        await using var api = await LiveApi.StartAsync(static verifier =>
            (verifier.MaxStaleness, verifier.Connections.StalePatience) = (TimeSpan.FromSeconds(2), Long));
        await using var alice = await new HubClient(api.Hub(HttpTransportType.LongPolling, Once(api.Mint("alice")))).StartAsync();
        await using var traffic = new Traffic(api);
        await Eventually.Async(() => alice.Heard.Count > 5);

        api.Log.IsAway = true;
        await Eventually.Async(() => !api.Api.Status.IsFresh);
        await Task.Delay(100);
        api.Log.IsAway = false;

        var before = alice.Heard.Count;
        await Eventually.Async(() => alice.Heard.Count > before + 5);
        int[] heard = [.. alice.Heard.Select(int.Parse)];
        heard.ShouldBe(Enumerable.Range(heard[0], heard.Length));
        alice.Reconnects.ShouldBe(0);
    }

    [Theory]
    [InlineData(HttpTransportType.LongPolling)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    public async Task A_call_with_a_token_that_is_out_of_date_is_answered_and_the_newest_is_taken_as_soon_as_it_is_there(
        HttpTransportType transport)
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        var newest = api.Mint("alice");
        await using var alice = await new HubClient(api.Hub(transport, () => newest)).StartAsync();
        var id = alice.Hub.ConnectionId;
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        for (var i = 0; i < 3; i++)
        {
            (await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync<string>("Who"))).Message
                .ShouldContain("4419 token_expired");
        }

        newest = api.Mint("alice");
        await alice.Hub.InvokeAsync("Renew", newest);

        (await alice.Hub.InvokeAsync<string>("Who")).ShouldBe("alice");
        (alice.Hub.ConnectionId, alice.Reconnects).ShouldBe((id, 0));
    }

    [Fact]
    public async Task A_token_that_its_provider_has_only_later_is_taken_while_a_poll_waits()
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        var (newest, asked) = (api.Mint("alice"), 0);
        await using var alice = await new HubClient(api.Hub(HttpTransportType.LongPolling, Provide)).StartAsync();
        var id = alice.Hub.ConnectionId;
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
        await api.Chat.Clients.All.SendAsync("Said", "kept");
        await Eventually.Async(() => asked >= 4);

        newest = api.Mint("alice");

        await Eventually.Async(() => !alice.Heard.IsEmpty);
        alice.Heard.ShouldBe(["kept"]);
        (alice.Hub.ConnectionId, alice.Reconnects).ShouldBe((id, 0));

        string Provide()
        {
            asked++;
            return newest;
        }
    }

    [Theory]
    [InlineData(HttpTransportType.LongPolling)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    public async Task A_call_takes_the_token_that_its_provider_has_by_then(HttpTransportType transport)
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        var newest = api.Mint("alice");
        await using var alice = await new HubClient(api.Hub(transport, () => newest)).StartAsync();
        var id = alice.Hub.ConnectionId;
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
        await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync<string>("Who"));

        newest = api.Mint("alice");

        (await alice.Hub.InvokeAsync<string>("Who")).ShouldBe("alice");
        (alice.Hub.ConnectionId, alice.Reconnects).ShouldBe((id, 0));
    }

    [Fact]
    public async Task A_client_that_does_not_repeat_what_was_refused_is_held_and_renewed_by_its_call()
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        var token = api.Mint("alice");
        var id = await OpenAsync(api, token);
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        await HearAsync("RenewToken");
        await HearAsync("{\"type\":6}");
        await SayAsync("Renew", $"\"{api.Mint("alice")}\"");
        await HearAsync("{\"type\":3,\"invocationId\":\"Renew\"}");
        await SayAsync("Who", "");

        await HearAsync("\"result\":\"alice\"");

        async Task SayAsync(string method, string arguments) => (await DeafClient.SendAsync(
            api,
            token,
            id,
            $"{{\"type\":1,\"invocationId\":\"{method}\",\"target\":\"{method}\",\"arguments\":[{arguments}]}}\u001e"))
            .ShouldBe(HttpStatusCode.OK);

        Task HearAsync(string text) => Eventually.Async(async () =>
        {
            var (status, heard) = await PollAsync(api, token, "/chat?id=" + id);
            status.ShouldBe(HttpStatusCode.OK);
            return heard.Contains(text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_is_held_is_gone_at_once()
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        var token = api.Mint("alice");
        var id = await OpenAsync(api, token);
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/chat?id=" + id)
        {
            Headers = { Authorization = new("Bearer", token) },
        };

        using var answer = await api.Api.Http.SendAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Eventually.Async(() => api.Live == 0);
    }

    [Fact]
    public async Task A_poll_with_the_token_of_somebody_else_closes_with_4403()
    {
        await using var api = await LiveApi.StartAsync();
        var newest = api.Mint("alice");
        await using var alice = await new HubClient(api.Hub(HttpTransportType.LongPolling, () => newest)).StartAsync();
        newest = api.Mint("bob");

        api.Log.Renew(Match.Subject("alice"));

        (await alice.Closed).ShouldNotBeNull().Message.ShouldContain("4403 not_allowed");
    }

    [Theory]
    [InlineData(HttpTransportType.LongPolling)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    public async Task A_new_token_that_the_route_does_not_let_in_closes_with_4403(HttpTransportType transport)
    {
        await using var api = await LiveApi.StartAsync();
        var newest = api.Mint("alice", claims: new { role = "buyer" });
        await using var alice = await new HubClient(api.Hub(transport, () => newest, "buyers")).StartAsync();
        (await alice.Hub.InvokeAsync<string>("Who")).ShouldBe("alice");

        var position = api.Log.Renew(Match.Subject("alice"));
        newest = api.Mint("alice", claims: new { role = "none" });
        await api.AppliedAsync(position);
        _ = alice.Hub.SendAsync("Who");

        (await alice.Closed).ShouldNotBeNull().Message.ShouldContain("4403 not_allowed");
    }

    [Fact]
    public async Task A_dead_token_gets_the_close_message_and_nothing_else()
    {
        await using var api = await LiveApi.StartAsync();
        var token = api.Mint("alice");
        var id = await OpenAsync(api, token);
        await api.Chat.Clients.All.SendAsync("Said", "before, and not fetched yet");
        await api.EndACrowdAsync();
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));

        (await PollAsync(api, token, "/chat?id=" + id)).ShouldBe((HttpStatusCode.OK, Close));
        (await PollAsync(api, token, "/chat?id=" + id)).ShouldBe((HttpStatusCode.OK, Close));
        (await PollAsync(api, api.Mint("alice", session: "a later one"), "/chat?id=" + id)).ShouldBe((HttpStatusCode.OK, Close));
        (await PollAsync(api, token, "/chat?id=unknown")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await PollAsync(api, token, "/events?id=" + id)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await DeafClient.SendAsync(api, token, id, "{\"type\":6}\u001e")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_that_is_out_of_date_opens_no_other_route_by_the_id_of_its_connection()
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        var token = api.Mint("alice");
        var id = await OpenAsync(api, token);
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        for (var i = 0; i < 3; i++)
        {
            (await PollAsync(api, token, "/orders?id=" + id)).Status.ShouldBe(HttpStatusCode.Unauthorized);
            (await PollAsync(api, token, "/events?id=" + id)).Status.ShouldBe(HttpStatusCode.Unauthorized);
            (await PollAsync(api, token, "/chat?id=unknown")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task A_poll_with_an_older_token_does_not_bring_back_its_claims()
    {
        await using var api = await LiveApi.StartAsync();
        var old = api.Mint("alice", claims: new { role = "admin" });
        var fresh = api.Mint("alice", 400, claims: new { role = "buyer" });
        await using var alice = await new HubClient(api.Hub(HttpTransportType.LongPolling, Once(old))).StartAsync();

        await alice.Hub.InvokeAsync("Renew", fresh);

        for (var i = 0; i < 5; i++)
        {
            (await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync<string>("Secret"))).Message
                .ShouldContain("unauthorized");
            (await alice.Hub.InvokeAsync<bool>("IsAdminByItsRequest")).ShouldBeFalse();
        }
    }

    // Negotiates, polls and shakes hands, and polls no more.
    private static async Task<string> OpenAsync(LiveApi api, string token)
    {
        var id = await DeafClient.NegotiateAsync(api, token);
        (await PollAsync(api, token, "/chat?id=" + id)).Status.ShouldBe(HttpStatusCode.OK);
        (await DeafClient.SendAsync(api, token, id, "{\"protocol\":\"json\",\"version\":1}\u001e")).ShouldBe(HttpStatusCode.OK);
        (await PollAsync(api, token, "/chat?id=" + id)).Text.ShouldBe("{}\u001e");
        return id;
    }

    private static async Task<(HttpStatusCode Status, string Text)> PollAsync(LiveApi api, string token, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new("Bearer", token) } };
        using var answer = await api.Api.Http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static Func<string> Once(string token) => () => token;

    /// <summary>Numbers, to everybody, one after the other.</summary>
    private sealed class Traffic : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _flowing;

        public Traffic(LiveApi api) => _flowing = Task.Run(async () =>
        {
            for (var i = 0; !_stop.IsCancellationRequested; i++)
            {
                await api.Chat.Clients.All.SendAsync("Said", $"{i}");
                await Task.Delay(5);
            }
        });

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _flowing;
        }
    }

    private sealed class Ends : IDuplexPipe
    {
        private readonly Pipe _pipe = new();

        public PipeReader Input => _pipe.Reader;

        public PipeWriter Output => _pipe.Writer;
    }
}
