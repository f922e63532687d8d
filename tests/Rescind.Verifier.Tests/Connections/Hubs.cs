using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

public sealed class Hubs
{
    public static TheoryData<HttpTransportType> Transports =>
        [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_revoked_session_is_told_4401_and_does_not_come_back(HttpTransportType transport)
    {
        await using var api = await LiveApi.StartAsync();
        var (dead, living) = (api.Mint("alice"), api.Mint("bob"));
        await using var alice = await new HubClient(api.Hub(transport, () => dead)).StartAsync();
        await using var bob = await new HubClient(api.Hub(transport, () => living)).StartAsync();

        api.Log.End(Match.Session("session-of-alice"));

        var told = (await alice.Closed).ShouldNotBeNull();
        told.Message.ShouldContain("4401 session_revoked");
        alice.Reconnects.ShouldBe(0);
        (await bob.Hub.InvokeAsync<string>("Who")).ShouldBe("bob");
        await Eventually.Async(() => api.Live == 1);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Nothing_is_delivered_from_the_moment_that_the_verifier_knows(HttpTransportType transport)
    {
        await using var api = await LiveApi.StartAsync();
        var heard = new ConcurrentQueue<string>();
        await using var alice = await new HubClient(api.Hub(transport, Once(api.Mint("alice")))).StartAsync();
        alice.Hub.On<string>("Said", heard.Enqueue);
        await using var bob = await new HubClient(api.Hub(transport, Once(api.Mint("bob")))).StartAsync();
        await bob.Hub.InvokeAsync("Say", "before");
        await Eventually.Async(() => heard.Count == 1);
        await api.EndACrowdAsync();

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        await bob.Hub.InvokeAsync("Say", "after");
        await api.Chat.Clients.All.SendAsync("Said", "from outside");

        await alice.Closed;
        heard.ShouldBe(["before"]);
    }

    [Fact]
    public async Task A_stream_from_the_hub_ends_with_the_session()
    {
        await using var api = await LiveApi.StartAsync();
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        var counted = 0;
        var counting = Task.Run(async () =>
        {
            await foreach (var _ in alice.Hub.StreamAsync<int>("Count"))
            {
                counted++;
            }
        });
        await Eventually.Async(() => counted > 3);

        api.Log.End(Match.Subject("alice"));

        await Should.ThrowAsync<Exception>(() => counting.WaitAsync(TimeSpan.FromSeconds(30)));
        (await alice.Closed).ShouldNotBeNull().Message.ShouldContain("4401");
    }

    [Fact]
    public async Task A_token_that_ends_closes_with_4419_and_the_client_comes_back_with_a_new_one()
    {
        await using var api = await LiveApi.StartAsync();
        var newest = api.Mint("alice", seconds: 2);
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, () => newest)).StartAsync();
        var id = alice.Hub.ConnectionId;
        newest = api.Mint("alice", seconds: 300);

        await Eventually.Async(() => alice.Reconnects == 1 && alice.Hub.State is HubConnectionState.Connected);

        alice.Hub.ConnectionId.ShouldNotBe(id);
    }

    [Fact]
    public async Task The_claims_of_the_new_token_count_from_its_renewal_on()
    {
        await using var api = await LiveApi.StartAsync();
        await using var alice = await new HubClient(api.Hub(
            HttpTransportType.WebSockets, Once(api.Mint("alice", claims: new { role = "admin" })))).StartAsync();
        (await alice.Hub.InvokeAsync<string>("Secret")).ShouldBe("secret");

        await alice.Hub.InvokeAsync("Renew", api.Mint("alice", claims: new { role = "buyer" }));

        (await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync<string>("Secret"))).Message
            .ShouldContain("unauthorized");
    }

    [Fact]
    public async Task The_token_of_another_person_closes_with_4403()
    {
        await using var api = await LiveApi.StartAsync();
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();

        var failure = await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync("Renew", api.Mint("bob")));

        failure.Message.ShouldContain("4403 not_allowed");
        (await alice.Closed).ShouldNotBeNull().Message.ShouldContain("4403 not_allowed");
    }

    [Fact]
    public async Task A_token_that_is_none_is_refused_and_the_old_one_goes_on_counting()
    {
        await using var api = await LiveApi.StartAsync();
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();

        (await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync("Renew", "no.token.atall"))).Message
            .ShouldContain("4401 invalid_token");
        await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync("Renew", 42));
        await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync("Renew"));

        (await alice.Hub.InvokeAsync<string>("Who")).ShouldBe("alice");
    }

    [Fact]
    public async Task A_call_by_a_token_that_is_out_of_date_is_refused_until_the_new_one_is_there()
    {
        await using var api = await LiveApi.StartAsync();
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        (await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync<string>("Who"))).Message.ShouldContain("4419");
        await alice.Hub.InvokeAsync("Renew", api.Mint("alice"));

        (await alice.Hub.InvokeAsync<string>("Who")).ShouldBe("alice");
    }

    [Fact]
    public async Task A_call_that_the_verifier_is_not_sure_of_is_refused_until_it_is()
    {
        await using var api = await LiveApi.StartAsync(verifier => verifier.MaxStaleness = TimeSpan.FromSeconds(2));
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        api.Log.IsAway = true;
        await Eventually.Async(() => !api.Api.Status.IsFresh);

        (await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync<string>("Who"))).Message.ShouldContain("1013");
        api.Log.IsAway = false;
        await Eventually.Async(() => api.Api.Status.IsFresh);

        (await alice.Hub.InvokeAsync<string>("Who")).ShouldBe("alice");
    }

    [Fact]
    public async Task A_stateful_reconnect_which_would_go_round_the_gate_is_not_offered()
    {
        await using var api = await LiveApi.StartAsync();

        using var answer = await api.Api.PostAsync(
            api.Mint("alice"), "/chat/negotiate?negotiateVersion=1&useStatefulReconnect=true");

        (await answer.Content.ReadAsStringAsync()).ShouldNotContain("useStatefulReconnect");
    }

    [Fact]
    public async Task A_browser_may_send_its_token_in_the_query_to_a_hub_and_nowhere_else()
    {
        await using var api = await LiveApi.StartAsync();
        var token = api.Mint("alice");
        using var negotiated = await api.Api.Http.PostAsync("/chat/negotiate?negotiateVersion=1&access_token=" + token, null);
        using var twice = await api.Api.PostAsync(token, "/chat/negotiate?negotiateVersion=1&access_token=" + token);
        using var repeated = await api.Api.Http.PostAsync($"/chat/negotiate?access_token={token}&access_token={token}", null);

        negotiated.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        twice.StatusCode.ShouldBe(System.Net.HttpStatusCode.BadRequest);
        repeated.StatusCode.ShouldBe(System.Net.HttpStatusCode.BadRequest);
        (await api.Api.StatusAsync(null, "/events?access_token=" + token)).ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        (await api.Api.StatusAsync(null, "/orders?access_token=" + token)).ShouldBe(System.Net.HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_socket_that_a_browser_opened_by_the_query_is_told_4401()
    {
        await using var api = await LiveApi.StartAsync();
        using var socket = await api.OpenAtAsync("chat?access_token=" + api.Mint("alice"));
        await socket.SayAsync("{\"protocol\":\"json\",\"version\":1}\u001e");
        (await socket.HearAsync()).ShouldBe("{}\u001e");

        api.Log.End(Match.Subject("alice"));

        (await socket.HearToTheEndAsync()).Before[^1].ShouldBe("{\"type\":7,\"error\":\"4401 session_revoked\"}\u001e");
    }

    [Fact]
    public async Task A_client_that_never_reads_is_dropped_though_a_broadcast_is_stuck()
    {
        await using var api = await LiveApi.StartAsync(
            verifier => verifier.Connections.CloseTimeout = TimeSpan.FromMilliseconds(300));
        using var socket = await api.OpenAtAsync("chat?access_token=" + api.Mint("alice"));
        await socket.SayAsync("{\"protocol\":\"json\",\"version\":1}\u001e");
        (await socket.HearAsync()).ShouldBe("{}\u001e");
        var much = new string('x', 4_000_000);
        var stuck = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => api.Chat.Clients.All.SendAsync("Said", much)));

        api.Log.End(Match.Subject("alice"));

        await Eventually.Async(() => api.Live == 0 && stuck.IsCompleted);
    }

    [Fact]
    public async Task No_log_line_holds_the_token_of_a_renewal()
    {
        await using var api = await LiveApi.StartAsync();
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        var secret = api.Mint("alice");
        var signature = secret[^20..];

        await alice.Hub.InvokeAsync("Renew", secret);
        await alice.Hub.InvokeAsync<string>("Who");

        var lines = api.Api.Logs.GetSnapshot().Select(line => line.Message + line.Exception).ToList();
        lines.ShouldContain(line => line.Contains("Received hub invocation", StringComparison.Ordinal));
        lines.ShouldAllBe(line => !line.Contains(signature, StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_of_a_hundred_users_loses_exactly_his_of_a_thousand_hub_connections()
    {
        await using var api = await LiveApi.StartAsync();
        var clients = new List<(int User, HubClient Client)>();
        for (var i = 0; i < 1000; i++)
        {
            var user = i % 100;
            var hub = api.Hub(HttpTransportType.WebSockets, Once(api.Mint($"user-{user}")));
            clients.Add((user, await new HubClient(hub).StartAsync()));
        }

        api.Log.End(Match.Subject("user-42"));

        foreach (var (_, client) in clients.Where(one => one.User == 42))
        {
            (await client.Closed).ShouldNotBeNull().Message.ShouldContain("4401");
        }

        foreach (var (user, client) in clients.Where(one => one.User != 42))
        {
            (await client.Hub.InvokeAsync<string>("Who")).ShouldBe($"user-{user}");
        }

        await Task.WhenAll(clients.Select(one => one.Client.DisposeAsync().AsTask()));
    }

    private static Func<string> Once(string token) => () => token;
}
