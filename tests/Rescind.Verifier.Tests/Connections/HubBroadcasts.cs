using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>Who sends to many waits for none of them.</summary>
public sealed class HubBroadcasts
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    public static TheoryData<HttpTransportType> Transports => Hubs.Transports;

    public static TheoryData<string> Ways => ["all", "group", "user", "users", "client", "hub"];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task One_that_is_held_holds_up_nobody_and_hears_it_all_in_order_once_it_is_renewed(HttpTransportType transport)
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        var newest = api.Mint("alice");
        await using var alice = await new HubClient(api.Hub(transport, () => newest)).StartAsync();
        await using var bob = await new HubClient(api.Hub(transport, Once(api.Mint("bob")))).StartAsync();
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        var texts = Enumerable.Range(0, 300).Select(static i => $"{i}").ToList();
        foreach (var text in texts)
        {
            await api.Chat.Clients.All.SendAsync("Said", text).WaitAsync(Limit);
        }

        await Eventually.Async(() => bob.Heard.Count == texts.Count);
        alice.Heard.ShouldBeEmpty();
        newest = api.Mint("alice");
        await alice.Hub.InvokeAsync("Renew", newest);
        await api.Chat.Clients.All.SendAsync("Said", "after");
        await Eventually.Async(() => alice.Heard.Count > texts.Count);
        alice.Heard.ShouldBe([.. texts, "after"]);
        alice.Reconnects.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task However_it_is_sent_nobody_waits_for_one_that_is_held(string way)
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        await using var bob = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("bob")))).StartAsync();
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        await SendAsync(api, bob, alice.Hub.ConnectionId!, way).WaitAsync(Limit);

        await alice.Hub.InvokeAsync("Renew", api.Mint("alice"));
        await Eventually.Async(() => alice.Heard.Count == 1);
    }

    [Theory]
    [InlineData(1000, 10)]
    [InlineData(10, 100_000)]
    public async Task One_that_is_held_and_sent_too_much_is_closed_with_4419(int messages, int bytes)
    {
        await using var api = await LiveApi.StartAsync(verifier =>
            (verifier.Connections.RenewalMargin, verifier.Connections.MaxBacklogMessages, verifier.Connections.MaxBacklogBytes) =
            (Long, 100, 500_000));
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        await using var bob = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("bob")))).StartAsync();
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        for (var i = 1; i <= messages; i++)
        {
            await api.Chat.Clients.All.SendAsync("Said", new string('x', bytes)).WaitAsync(Limit);
            await Eventually.Async(() => bob.Heard.Count == i);
        }

        await Eventually.Async(() => alice.Told is not null);
        alice.Told!.ShouldContain("4419 token_expired");
        alice.Heard.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_the_verifier_is_not_sure_of_and_is_sent_too_much_is_closed_with_1013()
    {
        await using var api = await LiveApi.StartAsync(static verifier =>
            (verifier.MaxStaleness, verifier.Connections.StalePatience, verifier.Connections.MaxBacklogMessages) =
            (TimeSpan.FromSeconds(2), Long, 100));
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        api.Log.IsAway = true;
        await Eventually.Async(() => !api.Api.Status.IsFresh);

        for (var i = 0; i <= 100; i++)
        {
            await api.Chat.Clients.All.SendAsync("Said", "more").WaitAsync(Limit);
        }

        await Eventually.Async(() => alice.Told is not null);
        alice.Told!.ShouldContain("1013 try_again_later");
    }

    [Theory]
    [InlineData("chat")]
    [InlineData("events")]
    public async Task One_that_does_not_read_holds_up_nobody_and_is_ended(string how)
    {
        await using var api = await LiveApi.StartAsync(static verifier =>
            (verifier.Connections.CloseTimeout, verifier.Connections.MaxBacklogBytes) =
                (TimeSpan.FromMilliseconds(300), 500_000));
        using var alice = await DeafClient.OpenAsync(api, how);
        await using var bob = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("bob")))).StartAsync();
        api.Live.ShouldBe(2);
        var much = new string('x', 60_000);

        for (var i = 1; api.Live == 2; i++)
        {
            await api.Chat.Clients.All.SendAsync("Said", much).WaitAsync(Limit);
            await Eventually.Async(() => bob.Heard.Count == i);
        }

        (await bob.Hub.InvokeAsync<string>("Who")).ShouldBe("bob");
    }

    [Theory]
    [InlineData("Pour")]
    [InlineData("PourChannel")]
    public async Task A_stream_of_the_hub_waits_for_its_own_client_and_for_no_other(string stream)
    {
        await using var api = await LiveApi.StartAsync(static verifier =>
            (verifier.Connections.RenewalMargin, verifier.Connections.MaxBacklogMessages) = (Long, 20));
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        await using var bob = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("bob")))).StartAsync();
        var (taken, stop) = (0, new CancellationTokenSource());
        var taking = Task.Run(async () =>
        {
            await foreach (var item in alice.Hub.StreamAsync<string>(stream, stop.Token))
            {
                item.ShouldStartWith($"{taken} ");
                taken++;
            }
        });
        await Eventually.Async(() => taken > 100);

        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
        await Eventually.Async(async () =>
        {
            var poured = api.Work.Poured;
            await Task.Delay(200);
            return poured == api.Work.Poured;
        });
        await api.Chat.Clients.All.SendAsync("Said", "meanwhile").WaitAsync(Limit);
        await Eventually.Async(() => bob.Heard.Count == 1);
        var held = taken;
        await alice.Hub.InvokeAsync("Renew", api.Mint("alice"));

        await Eventually.Async(() => taken > held + 100 || taking.IsCompleted);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(taking);
        alice.Reconnects.ShouldBe(0);
    }

    [Fact]
    public async Task A_question_to_one_that_is_held_waits_for_its_answer_alone()
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        await using var bob = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("bob")))).StartAsync();
        alice.Hub.On("Ask", static () => "alice's answer");
        bob.Hub.On("Ask", static () => "bob's answer");
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        var asked = api.Chat.Clients.Client(alice.Hub.ConnectionId!).InvokeAsync<string>("Ask", default);
        var answer = await api.Chat.Clients.Client(bob.Hub.ConnectionId!).InvokeAsync<string>("Ask", default).WaitAsync(Limit);
        await api.Chat.Clients.All.SendAsync("Said", "meanwhile").WaitAsync(Limit);

        answer.ShouldBe("bob's answer");
        asked.IsCompleted.ShouldBeFalse();
        await alice.Hub.InvokeAsync("Renew", api.Mint("alice"));
        (await asked.WaitAsync(Limit)).ShouldBe("alice's answer");
    }

    [Fact]
    public async Task What_is_kept_for_one_whose_session_ends_is_never_delivered()
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
        await api.Chat.Clients.All.SendAsync("Said", "for the new role only").WaitAsync(Limit);

        api.Log.End(Match.Subject("alice"));

        (await alice.Closed).ShouldNotBeNull().Message.ShouldContain("4401 session_revoked");
        alice.Heard.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(HttpTransportType.WebSockets)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    public async Task One_that_is_held_for_longer_than_its_client_waits_for_a_sign_of_life_is_kept(HttpTransportType transport)
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        await using var alice = new HubClient(api.Hub(transport, Once(api.Mint("alice"))));
        alice.Hub.ServerTimeout = TimeSpan.FromSeconds(3);
        await alice.StartAsync();
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
        await api.Chat.Clients.All.SendAsync("Said", "kept");

        await Task.Delay(TimeSpan.FromSeconds(5));
        alice.Heard.ShouldBeEmpty();
        await alice.Hub.InvokeAsync("Renew", api.Mint("alice"));

        await Eventually.Async(() => alice.Heard.Count == 1);
        alice.Reconnects.ShouldBe(0);
    }

    private static Task SendAsync(LiveApi api, HubClient bob, string alice, string way) => way switch
    {
        "all" => api.Chat.Clients.All.SendAsync("Said", way),
        "group" => api.Chat.Clients.Group("everybody").SendAsync("Said", way),
        "user" => api.Chat.Clients.User("alice").SendAsync("Said", way),
        "users" => api.Chat.Clients.Users("alice", "bob").SendAsync("Said", way),
        "client" => api.Chat.Clients.Client(alice).SendAsync("Said", way),
        _ => bob.Hub.InvokeAsync("Say", way),
    };

    private static Func<string> Once(string token) => () => token;
}
