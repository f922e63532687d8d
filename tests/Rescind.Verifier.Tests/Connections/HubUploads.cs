using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>Nothing that a client sends is taken once the verifier knows, whatever kind of message it is.</summary>
public sealed class HubUploads
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    public static TheoryData<HttpTransportType, string> Uploads
    {
        get
        {
            var all = new TheoryData<HttpTransportType, string>();
            HttpTransportType[] transports =
                [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling];
            foreach (var transport in transports)
            {
                all.Add(transport, "Upload");
                all.Add(transport, "UploadSequence");
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Uploads))]
    public async Task No_item_is_taken_from_the_moment_that_the_verifier_knows(HttpTransportType transport, string method)
    {
        await using var api = await LiveApi.StartAsync();
        await using var alice = await new HubClient(api.Hub(transport, Once(api.Mint("alice")))).StartAsync();
        using var stop = new CancellationTokenSource();
        var items = Channel.CreateUnbounded<int>();
        var feeding = FeedAsync(items.Writer, stop.Token);
        var uploading = alice.Hub.InvokeAsync<int>(method, items.Reader);
        await Eventually.Async(() => api.Work.Taken.Count > 20);
        await api.EndACrowdAsync();

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        var taken = api.Work.Taken.Count;

        (await alice.Closed).ShouldNotBeNull().Message.ShouldContain("4401");
        await Should.ThrowAsync<Exception>(() => uploading.WaitAsync(Limit));

        // The hub may have had one in its hands.
        api.Work.Taken.Count.ShouldBeInRange(taken, taken + 1);
        await stop.CancelAsync();
        await feeding;
    }

    [Theory]
    [InlineData("Upload")]
    [InlineData("UploadSequence")]
    public async Task What_has_come_and_was_not_taken_yet_is_not_taken_any_more(string method)
    {
        await using var api = await LiveApi.StartAsync();
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        var go = api.Work.Pause();
        var items = Channel.CreateUnbounded<int>();
        await alice.Hub.SendAsync(method, items.Reader);
        for (var i = 0; i < 8; i++)
        {
            await items.Writer.WriteAsync(i);
        }

        await Eventually.Async(() => api.Work.Taken.Count == 1);
        await api.EndACrowdAsync();
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        go.SetResult();

        (await alice.Closed).ShouldNotBeNull().Message.ShouldContain("4401");
        await Eventually.Async(() => api.Live == 0);
        api.Work.Taken.ShouldBe([0]);
    }

    [Theory]
    [InlineData("Upload")]
    [InlineData("UploadSequence")]
    public async Task An_upload_goes_on_over_a_renewal_that_is_not_awaited_and_ends_with_the_code_over_one_that_is(string method)
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        var items = Channel.CreateUnbounded<int>();
        var uploading = alice.Hub.InvokeAsync<int>(method, items.Reader);
        await items.Writer.WriteAsync(0);
        await Eventually.Async(() => api.Work.Taken.Count == 1);
        await alice.Hub.InvokeAsync("Renew", api.Mint("alice"));
        await items.Writer.WriteAsync(1);
        await Eventually.Async(() => api.Work.Taken.Count == 2);

        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
        await items.Writer.WriteAsync(2);
        (await Should.ThrowAsync<HubException>(() => alice.Hub.InvokeAsync<string>("Who"))).Message.ShouldContain("4419");
        await alice.Hub.InvokeAsync("Renew", api.Mint("alice"));
        await items.Writer.WriteAsync(3);

        (await Should.ThrowAsync<HubException>(() => uploading.WaitAsync(Limit))).Message.ShouldContain("4419 token_expired");
        api.Work.Taken.ShouldBe([0, 1]);
        (await alice.Hub.InvokeAsync<string>("Who")).ShouldBe("alice");
    }

    [Theory]
    [InlineData("7")]
    [InlineData("\"no number\"")]
    public async Task Whatever_the_item_is_that_comes_while_a_renewal_is_awaited_its_stream_ends_with_the_code(string item)
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        using var socket = await api.OpenAtAsync("chat?access_token=" + api.Mint("alice"));
        await socket.SayAsync("{\"protocol\":\"json\",\"version\":1}\u001e");
        await socket.SayAsync(
            "{\"type\":1,\"invocationId\":\"1\",\"target\":\"Upload\",\"arguments\":[],\"streamIds\":[\"s\"]}\u001e");
        await socket.SayAsync("{\"type\":2,\"invocationId\":\"s\",\"item\":0}\u001e");
        await Eventually.Async(() => api.Work.Taken.Count == 1);
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        await socket.SayAsync($"{{\"type\":2,\"invocationId\":\"s\",\"item\":{item}}}\u001e");
        await socket.SayAsync($"{{\"type\":1,\"target\":\"Renew\",\"arguments\":[\"{api.Mint("alice")}\"]}}\u001e");

        var heard = "";
        while (!heard.Contains("\"invocationId\":\"1\"", StringComparison.Ordinal))
        {
            heard += await socket.HearAsync();
        }

        heard.ShouldContain("4419 token_expired");
        api.Work.Taken.ShouldBe([0]);
    }

    [Theory]
    [InlineData("nothing", "the client")]
    [InlineData("renew", "the client")]
    [InlineData("end", "the end of the connection")]
    public async Task A_stream_of_the_hub_is_ended_by_its_client_only_until_the_session_is_over(string act, string ender)
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        using var socket = await api.OpenAtAsync("chat?access_token=" + api.Mint("alice"));
        await socket.SayAsync("{\"protocol\":\"json\",\"version\":1}\u001e");
        await socket.SayAsync("{\"type\":4,\"invocationId\":\"1\",\"target\":\"Silence\",\"arguments\":[]}\u001e");
        await Eventually.Async(() => api.Work.Taken.Count == 1);
        await api.EndACrowdAsync();
        await api.AppliedAsync(
            act switch
            {
                "renew" => api.Log.Renew(Match.Subject("alice")),
                "end" => api.Log.End(Match.Subject("alice")),
                _ => default,
            });

        await socket.SayAsync("{\"type\":5,\"invocationId\":\"1\"}\u001e");

        await Eventually.Async(() => !api.Work.Enders.IsEmpty);
        api.Work.Enders.ShouldBe([ender]);
    }

    [Fact]
    public async Task An_answer_to_the_server_that_is_given_while_a_renewal_is_awaited_is_not_taken_and_the_server_is_told()
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        await using var alice = await new HubClient(api.Hub(HttpTransportType.WebSockets, Once(api.Mint("alice")))).StartAsync();
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<string>());
        alice.Hub.On("Ask", () =>
        {
            asked.SetResult();
            return answer.Task;
        });
        var asking = api.Chat.Clients.Client(alice.Hub.ConnectionId!).InvokeAsync<string>("Ask", default);
        await asked.Task.WaitAsync(Limit);
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        answer.SetResult("by the old role");

        (await Should.ThrowAsync<Exception>(() => asking.WaitAsync(Limit))).Message.ShouldContain("4419 token_expired");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_goes_on_after_the_verifier_knows_is_not_read_on(bool isHeld)
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.Connections.RenewalMargin = Long);
        var lines = new PushedContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/lines")
        {
            Headers = { Authorization = new("Bearer", api.Mint("alice")) }, Content = lines,
        };
        var answering = api.Api.Http.SendAsync(request);
        await lines.WriteAsync("before\n");
        await Eventually.Async(() => api.Work.Lines.Count == 1);
        await api.EndACrowdAsync();

        await api.AppliedAsync(isHeld ? api.Log.Renew(Match.Subject("alice")) : api.Log.End(Match.Subject("alice")));
        await lines.WriteAsync("after\n");
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));

        await Eventually.Async(() => api.Live == 0);
        api.Work.Lines.ShouldBe(["before"]);
        lines.End();
        await Task.WhenAny(answering, Task.Delay(Limit));
    }

    private static async Task FeedAsync(ChannelWriter<int> items, CancellationToken stopped)
    {
        for (var i = 0; !stopped.IsCancellationRequested; i++)
        {
            items.TryWrite(i);
            await Task.Delay(1, CancellationToken.None);
        }
    }

    private static Func<string> Once(string token) => () => token;
}
