using System.Net.WebSockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>What apps and clients do that is usual, and easily overlooked.</summary>
public sealed class AppsOfOthers
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("NoSuchMethod")]
    [InlineData("Say")]
    public async Task A_call_that_fits_no_method_is_answered_also_while_it_is_held(string method)
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        await using var alice = await OpenAsync(api);
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        var call = alice.Hub.InvokeAsync(method, 1, 2, 3);

        (await Should.ThrowAsync<HubException>(() => call.WaitAsync(Limit))).Message.ShouldContain("4419");
    }

    [Fact]
    public async Task The_end_of_a_body_is_not_taken_after_a_revocation()
    {
        await using var api = await LiveApi.StartAsync();
        var lines = new PushedContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/lines")
        {
            Headers = { Authorization = new("Bearer", api.Mint("alice")) }, Content = lines,
        };
        var answering = api.Api.Http.SendAsync(request);
        await lines.WriteAsync("first\ntransfer 100 to mallory");
        await Eventually.Async(() => api.Work.Lines.Count == 1);
        await api.EndACrowdAsync();
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));

        lines.End();

        await Task.WhenAny(answering, Task.Delay(Limit));
        api.Work.Lines.ShouldBe(["first"]);
    }

    [Theory]
    [InlineData("Upload", true)]
    [InlineData("UploadSequence", true)]
    [InlineData("Upload", false)]
    public async Task A_filter_that_gives_a_call_other_arguments_lets_no_item_through_after_a_revocation(
        string method, bool isList)
    {
        await using var api = await LiveApi.StartAsync(
            services: services => services.Configure<HubOptions>(hubs => hubs.AddFilter(new Copying(isList))));
        await using var alice = await OpenAsync(api);
        var go = api.Work.Pause();
        var items = Channel.CreateUnbounded<int>();
        await alice.Hub.SendAsync(method, items.Reader);
        for (var i = 0; i < 8; i++)
        {
            await items.Writer.WriteAsync(i);
        }

        await Eventually.Async(() => api.Work.Taken.Count == 1);
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        go.SetResult();

        (await alice.Closed).ShouldNotBeNull().Message.ShouldContain("4401");
        await Eventually.Async(() => api.Live == 0);
        api.Work.Taken.ShouldBe([0]);
    }

    [Fact]
    public async Task An_answer_without_a_body_is_left_to_what_stands_around_the_route()
    {
        await using var api = await LiveApi.StartAsync(before: static app =>
        {
            app.UseStatusCodePages();
            app.MapGet("/none", static () => Results.NotFound()).RequireAuthorization().CloseOnRevocation();
        });

        using var answer = await api.Api.GetAsync(api.Mint("alice"), "/none");

        (await answer.Content.ReadAsStringAsync()).ShouldContain("404");
    }

    [Fact]
    public async Task A_socket_s_app_may_answer_a_close_that_we_have_answered()
    {
        await using var api = await LiveApi.StartAsync(before: static app =>
        {
            app.UseWebSockets();
            app.Map("/echo", (RequestDelegate)EchoAsync).RequireAuthorization().CloseOnRevocation();
        });
        using var socket = await api.OpenAtAsync("echo", ("Authorization", "Bearer " + api.Mint("alice")));
        await socket.ShouldEchoAsync("hello");

        api.Log.End(Match.Subject("alice"));

        (await socket.HearToTheEndAsync()).Close.ShouldBe("4401 session_revoked");
        await Eventually.Async(() => api.Live == 0);
        api.Api.Logs.GetSnapshot().Where(static line => line.Level >= LogLevel.Error).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_renewal_that_is_asked_for_as_a_stream_does_not_bring_its_token_into_a_log()
    {
        await using var api = await LiveApi.StartAsync();
        await using var alice = await OpenAsync(api);
        var token = api.Mint("alice");

        await foreach (var _ in alice.Hub.StreamAsync<int>("Renew", token))
        {
            // It has no items.
        }

        api.Api.Logs.GetSnapshot().ShouldNotContain(line => line.Message.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_logger_may_send_to_a_hub_and_wait_for_it()
    {
        var logger = new Sending();
        await using var api = await LiveApi.StartAsync(services: services => services.AddSingleton<ILoggerProvider>(logger));
        logger.Chat = api.Chat;
        await using var alice = await OpenAsync(api);
        await using var bob = await OpenAsync(api, "bob");

        api.Log.End(Match.Subject("alice"));

        (await logger.IsDone.Task.WaitAsync(2 * Limit)).ShouldBeTrue();
        await Eventually.Async(() => bob.Heard.Contains("logged"));
        (await alice.Closed).ShouldNotBeNull().Message.ShouldContain("4401");
    }

    private static Task<HubClient> OpenAsync(LiveApi api, string subject = "alice")
    {
        var token = api.Mint(subject);
        return new HubClient(api.Hub(HttpTransportType.WebSockets, () => token)).StartAsync();
    }

    // As the documentation of ASP.NET Core has it.
    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[4096];
        WebSocketReceiveResult got;
        while (!(got = await socket.ReceiveAsync(new ArraySegment<byte>(buffer), CancellationToken.None)).CloseStatus.HasValue)
        {
            await socket.SendAsync(
                new ArraySegment<byte>(buffer, 0, got.Count), got.MessageType, got.EndOfMessage, CancellationToken.None);
        }

        await socket.CloseAsync(got.CloseStatus.Value, got.CloseStatusDescription, CancellationToken.None);
    }

    /// <summary>Passes on that a connection is over, and goes on once all have got it.</summary>
    private sealed class Sending : ILoggerProvider, ILogger
    {
        public IHubContext<ChatHub>? Chat { get; set; }

        public TaskCompletionSource<bool> IsDone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == 3106)
            {
                IsDone.TrySetResult(Task.Run(() => Chat!.Clients.All.SendAsync("Said", "logged")).Wait(Limit));
            }
        }

        public void Dispose()
        {
        }
    }

    private sealed class Copying(bool isList) : IHubFilter
    {
        public ValueTask<object?> InvokeMethodAsync(
            HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next) => next(new(
                invocationContext.Context, invocationContext.ServiceProvider, invocationContext.Hub, invocationContext.HubMethod,
                isList ? invocationContext.HubMethodArguments.ToList() : invocationContext.HubMethodArguments.ToArray()));
    }
}
