using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rescind.Verifier.Connections;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>
/// The end of a connection and the end of the request that holds it: what we do to the one happens before the other.
/// </summary>
public sealed class Ending
{
    [Fact]
    public async Task Who_is_still_being_told_why_is_not_given_up_before()
    {
        var watched = await WatchedReplica.StartAsync();
        var told = new TaskCompletionSource();
        var one = watched.Open("s", instead: () => told.Task);
        one.Connection.Begin();
        watched.Log.End(Match.Session("s"));
        await watched.PollAsync();
        var close = watched.TickAsync();
        await Eventually.Async(() => one.Closed is not null);

        var end = one.Connection.LeaveAsync();

        end.IsCompleted.ShouldBeFalse();
        told.SetResult();
        await end;
        await close;
        one.IsAborted.ShouldBeFalse();
    }

    [Fact]
    public async Task One_that_ends_before_its_turn_to_be_closed_is_told_why_and_counted()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s");
        one.Connection.Begin();
        watched.Log.End(Match.Session("s"));
        await watched.PollAsync();

        await one.Connection.LeaveAsync();

        one.Closed.ShouldBe("4401 session_revoked");
        watched.Connections.Closed.ShouldHaveSingleItem().ShouldBe(("scripted", 4401, 1));
        await watched.TickAsync();
        watched.Connections.Closed.ShouldHaveSingleItem().Count.ShouldBe(1);
    }

    [Fact]
    public async Task One_that_has_ended_is_left_alone()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s", instead: static () => Task.FromException(new IOException("gone")));
        one.Connection.Begin();

        await one.Connection.LeaveAsync();
        watched.Log.End(Match.Session("s"));
        await watched.PollAsync();
        await watched.TickAsync();

        (one.Closed, one.IsStopped, one.IsAborted).ShouldBe((null, false, false));
    }

    [Fact]
    public async Task One_whose_client_has_gone_is_not_torn_from_an_app_that_has_done_with_it()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s", instead: static () => Task.FromException(new IOException("gone")));
        one.Connection.Begin();
        watched.Log.End(Match.Session("s"));
        await watched.PollAsync();

        await one.Connection.LeaveAsync();

        (one.Closed, one.IsAborted).ShouldBe(("4401 session_revoked", false));
    }

    [Fact]
    public async Task The_next_request_on_the_transport_of_a_stream_is_not_cut_when_the_app_is_slow_to_hear_of_the_end()
    {
        using var heard = new ManualResetEventSlim();
        await using var api = await LiveApi.StartAsync(
            static verifier => verifier.Connections.CloseTimeout = TimeSpan.FromMilliseconds(300),
            app =>
            {
                app.MapGet("/stubborn", (HttpContext context) => StubbornAsync(context, heard))
                    .RequireAuthorization().CloseOnRevocation();
                app.MapGet("/slow", static async () =>
                {
                    await Task.Delay(TimeSpan.FromSeconds(1));
                    return "whole";
                });
            });
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 })
        {
            BaseAddress = api.Api.Http.BaseAddress,
        };
        using var alice = await EventReader.OpenAsync(api, api.Mint("alice"), "/stubborn", http);

        api.Log.End(Match.Subject("alice"));

        (await alice.ReadToTheEndAsync())[^1].ShouldBe("data: close 4401 session_revoked");
        (await http.GetStringAsync("/slow")).ShouldBe("whole");
        heard.Set();
        api.Api.Logs.GetSnapshot().ShouldNotContain(static line => line.Id.Id == 3107);
    }

    [Fact]
    public async Task What_an_app_still_does_with_a_request_that_has_ended_does_not_cut_the_next_one()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var next = new TaskCompletionSource();
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var api = await LiveApi.StartAsync(
            static verifier => verifier.Connections.CloseTimeout = TimeSpan.FromMilliseconds(300),
            app =>
            {
                app.MapGet("/lingering", (RequestDelegate)LingerAsync).RequireAuthorization().CloseOnRevocation();
                app.MapGet("/next", async () =>
                {
                    next.TrySetResult();
                    await aborted.Task.WaitAsync(limit.Token);
                    return "whole";
                });
            });
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 })
        {
            BaseAddress = api.Api.Http.BaseAddress,
        };
        using var alice = await EventReader.OpenAsync(api, api.Mint("alice"), "/lingering", http);

        api.Log.End(Match.Subject("alice"));

        (await alice.ReadToTheEndAsync())[^1].ShouldBe("data: close 4401 session_revoked");
        (await http.GetStringAsync("/next")).ShouldBe("whole");

        async Task LingerAsync(HttpContext context)
        {
            var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            context.RequestAborted.Register(() =>
            {
                told.SetResult();
                next.Task.Wait(limit.Token);
                try
                {
                    context.Abort();
                }
                finally
                {
                    aborted.SetResult();
                }
            });
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(": hello\n\n");
            await told.Task;
        }
    }

    [Fact]
    public async Task Streams_that_end_by_themselves_at_the_moment_of_their_revocation_take_nothing_from_the_next_request()
    {
        await using var api = await LiveApi.StartAsync(before: static app =>
        {
            app.MapGet("/one-line", OneLineAsync).RequireAuthorization().CloseOnRevocation();
            app.MapGet("/next", static () => "whole");
        });
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 })
        {
            BaseAddress = api.Api.Http.BaseAddress,
        };
        for (var round = 0; round < 100; round++)
        {
            using var alice = await EventReader.OpenAsync(api, api.Mint($"alice{round}"), "/one-line", http);

            api.Log.End(Match.Subject($"alice{round}"));

            await alice.ReadToTheEndAsync();
            (await http.GetStringAsync("/next")).ShouldBe("whole");
        }
    }

    [Fact]
    public async Task A_socket_whose_app_gives_up_when_it_can_send_no_more_says_why()
    {
        await using var api = await LiveApi.StartAsync(
            before: static app =>
            {
                app.UseWebSockets();
                app.Map("/pushes", (RequestDelegate)PushAsync).RequireAuthorization().CloseOnRevocation();
            });
        using var alice = await api.OpenAtAsync("pushes", ("Authorization", "Bearer " + api.Mint("alice")));
        (await alice.HearAsync()).ShouldBe("push");

        await api.EndACrowdAsync();
        api.Log.End(Match.Subject("alice"));

        (await alice.HearToTheEndAsync()).Close.ShouldBe("4401 session_revoked");
        await Eventually.Async(() => api.Live == 0);
    }

    // Ends its answer when it is told to, and holds up whoever told it.
    private static async Task StubbornAsync(HttpContext context, ManualResetEventSlim heard)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.RequestAborted.Register(() =>
        {
            told.SetResult();
            heard.Wait();
        });
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(": hello\n\n");
        await told.Task;
    }

    private static async Task OneLineAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(": hello\n\n");
        await Task.Delay(Random.Shared.Next(12));
    }

    private static async Task PushAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        try
        {
            while (true)
            {
                await socket.SendAsync("push"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
                await Task.Delay(5);
            }
        }
        catch (WebSocketException)
        {
            // What a simple app does.
        }
    }
}
