using System.Net;
using Microsoft.AspNetCore.SignalR.Client;

namespace Rescind.EndToEnd;

/// <summary>One call at the Authority, and a hub, a WebSocket and an event stream in another process are over.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class RevocationReachesChat
{
    [Fact]
    public async Task A_revoked_session_loses_its_hub_its_socket_and_its_stream_and_its_neighbour_keeps_all()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var chat = await ChatProcess.StartAsync(authority, client);
        var (alice, bob) = (await client.StartSessionAsync("alice"), await client.StartSessionAsync("bob"));
        await using var hub = await chat.ChatAsync(alice.AccessToken);
        var closed = new TaskCompletionSource<Exception?>();
        hub.Closed += failure =>
        {
            closed.SetResult(failure);
            return Task.CompletedTask;
        };
        using var ticker = await chat.TickerAsync(alice.AccessToken);
        using var events = await chat.EventsAsync(alice.AccessToken);
        await using var neighbour = await chat.ChatAsync(bob.AccessToken);
        var said = new TaskCompletionSource<string>();
        neighbour.On<string, string>("Said", (who, text) => said.TrySetResult($"{who}: {text}"));

        var receipt = await client.RevokeAsync("session", alice.Id, waitSeconds: 2);

        ((int)receipt["in_force"]!["closed"]!).ShouldBe(3);
        (await closed.Task.WaitAsync(TimeSpan.FromSeconds(30))).ShouldNotBeNull().Message.ShouldContain("4401 session_revoked");
        await ticker.HearUntilAsync("4401 session_revoked");
        (await LastAsync(
            async () => await events.ReadLineAsync(), line => line.StartsWith("data: close", StringComparison.Ordinal)))
            .ShouldBe("data: close 4401 session_revoked");
        await neighbour.InvokeAsync("Say", "still here");
        (await said.Task.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe("bob: still here");
    }

    [Fact]
    public async Task The_sample_shows_its_page()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var chat = await ChatProcess.StartAsync(authority, client);

        (await chat.PageAsync()).ShouldContain("<title>Chat</title>");
    }

    [Fact]
    public async Task The_sample_logs_no_token_that_a_browser_puts_into_the_URL_of_a_hub()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var chat = await ChatProcess.StartAsync(authority, client);
        var alice = await client.StartSessionAsync("alice");

        (await chat.NegotiateAsync(alice.AccessToken)).ShouldBe(HttpStatusCode.OK);
        await chat.Process.SignalAndWaitAsync("TERM");

        chat.Process.Output.ShouldContain("Application is shutting down");
        chat.Process.Output.ShouldNotContain(alice.AccessToken);
        chat.Process.Output.ShouldNotContain("RSC3016");
    }

    private static async Task<string?> LastAsync(Func<Task<string?>> next, Func<string, bool> isLast)
    {
        while (true)
        {
            var text = await next().WaitAsync(TimeSpan.FromSeconds(30));
            if (text is null || isLast(text))
            {
                return text;
            }
        }
    }
}
