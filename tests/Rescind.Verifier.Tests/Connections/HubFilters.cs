using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>Filters of the app stand between the verifier's look at a call and the look directly before its method.</summary>
public sealed class HubFilters
{
    private const string FirstWord = "{\"protocol\":\"json\",\"version\":1}\u001e";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Registrations => ["for all hubs", "for all hubs, last of all", "for this hub", "for both"];

    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task A_filter_that_waits_lets_no_call_run_once_the_verifier_knows(string where)
    {
        var filter = new Slow();
        await using var api = await LiveApi.StartAsync(services: services => Register(services, where, filter));
        await using var alice = await OpenAsync(api, "alice");
        await using var bob = await OpenAsync(api, "bob");
        await alice.Hub.SendAsync("Say", "after the receipt");
        await filter.Entered.Task.WaitAsync(Limit);

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        filter.Go.SetResult();

        (await filter.Outcome.Task.WaitAsync(Limit)).ShouldBe("4401 session_revoked");
        bob.Heard.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task No_filter_sees_a_call_that_has_come_before_the_verifier_knew_and_begins_after(string where)
    {
        var filter = new Seeing();
        await using var api = await LiveApi.StartAsync(services: services =>
        {
            services.Configure<HubOptions>(static hubs => hubs.MaximumParallelInvocationsPerClient = 2);
            Register(services, where, filter);
        });
        await using var alice = await OpenAsync(api, "alice");
        var go = api.Work.Pause();
        await alice.Hub.SendAsync("Wait");
        await alice.Hub.SendAsync("Wait");
        await Eventually.Async(() => api.Work.Taken.Count == 2);
        await alice.Hub.SendAsync("Say", "queued");
        await Eventually.Async(() => IsLogged("Received hub invocation", "Say"));

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        go.SetResult();

        await Eventually.Async(() => IsLogged("Failed to invoke hub method", "Say"));
        filter.Seen.ShouldNotContain("Say");

        bool IsLogged(string what, string method) => api.Api.Logs.GetSnapshot().Any(line =>
            line.Message.Contains(what, StringComparison.Ordinal) && line.Message.Contains(method, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task A_hub_does_not_begin_for_a_client_that_waits_with_its_first_word_until_after_a_revocation(string where)
    {
        var filter = new Greeting();
        await using var api = await LiveApi.StartAsync(services: services => Register(services, where, filter));
        using var alice = await api.OpenAtAsync("chat", ("Authorization", "Bearer " + api.Mint("alice")));
        await Eventually.Async(() => api.Live == 1);

        await api.EndACrowdAsync();
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        await alice.SayAsync(FirstWord);

        await Eventually.Async(() => api.Live == 0);
        filter.Entered.Task.IsCompleted.ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task A_filter_that_waits_lets_no_hub_begin_once_the_verifier_knows(string where)
    {
        var filter = new Greeting();
        await using var api = await LiveApi.StartAsync(services: services => Register(services, where, filter));
        using var alice = await api.OpenAtAsync("chat", ("Authorization", "Bearer " + api.Mint("alice")));
        await alice.SayAsync(FirstWord);
        await filter.Entered.Task.WaitAsync(Limit);

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        filter.Go.SetResult();

        (await filter.Outcome.Task.WaitAsync(Limit)).ShouldBe("4401 session_revoked");
        await Eventually.Async(() => api.Live == 0);
    }

    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task A_filter_that_reads_the_items_of_a_call_gets_none_once_the_verifier_knows(string where)
    {
        var filter = new Reading();
        await using var api = await LiveApi.StartAsync(services: services => Register(services, where, filter));
        await using var alice = await OpenAsync(api, "alice");
        var items = Channel.CreateUnbounded<int>();
        for (var i = 0; i < 8; i++)
        {
            await items.Writer.WriteAsync(i);
        }

        await alice.Hub.SendAsync("Upload", items.Reader);
        await Eventually.Async(() => filter.Read.Count == 1);
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        filter.Go.SetResult();

        await filter.Over.Task.WaitAsync(Limit);
        filter.Read.ShouldBe([0]);
    }

    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task Calls_streams_and_uploads_go_through_filters_as_ever(string where)
    {
        var filter = new Seeing();
        await using var api = await LiveApi.StartAsync(services: services => Register(services, where, filter));
        await using var alice = await OpenAsync(api, "alice");
        var items = Channel.CreateUnbounded<int>();
        items.Writer.TryWrite(7);
        items.Writer.Complete();

        (await alice.Hub.InvokeAsync<string>("Who")).ShouldBe("alice");
        (await alice.Hub.InvokeAsync<int>("Upload", items.Reader)).ShouldBe(1);
        await foreach (var number in alice.Hub.StreamAsync<int>("Count"))
        {
            if (number == 3)
            {
                break;
            }
        }

        filter.Seen.Distinct().ShouldBe(["Who", "Upload", "Count"]);
    }

    private static void Register(IServiceCollection services, string where, IHubFilter filter)
    {
        if (where.StartsWith("for all hubs, last", StringComparison.Ordinal))
        {
            services.PostConfigure<HubOptions>(hubs => hubs.AddFilter(filter));
            return;
        }

        if (where is "for all hubs" or "for both")
        {
            services.Configure<HubOptions>(hubs => hubs.AddFilter(filter));
        }

        if (where is "for this hub" or "for both")
        {
            services.AddSignalR().AddHubOptions<ChatHub>(hubs => hubs.AddFilter(filter));
        }
    }

    private static Task<HubClient> OpenAsync(LiveApi api, string subject)
    {
        var token = api.Mint(subject);
        return new HubClient(api.Hub(HttpTransportType.WebSockets, () => token)).StartAsync();
    }

    /// <summary>Looks something up first, for as long as it takes.</summary>
    private sealed class Slow : IHubFilter
    {
        public TaskCompletionSource Entered { get; } = New();

        public TaskCompletionSource Go { get; } = New();

        public TaskCompletionSource<string> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<object?> InvokeMethodAsync(
            HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
        {
            Entered.TrySetResult();
            await Go.Task;
            try
            {
                var result = await next(invocationContext);
                Outcome.TrySetResult("the method ran");
                return result;
            }
            catch (HubException refused)
            {
                Outcome.TrySetResult(refused.Message);
                throw;
            }
        }
    }

    private sealed class Seeing : IHubFilter
    {
        public ConcurrentQueue<string> Seen { get; } = [];

        public ValueTask<object?> InvokeMethodAsync(
            HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
        {
            Seen.Enqueue(invocationContext.HubMethodName);
            return next(invocationContext);
        }
    }

    /// <summary>Takes its time when a client comes.</summary>
    private sealed class Greeting : IHubFilter
    {
        public TaskCompletionSource Entered { get; } = New();

        public TaskCompletionSource Go { get; } = New();

        public TaskCompletionSource<string> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
        {
            Entered.TrySetResult();
            await Go.Task.WaitAsync(Limit);
            try
            {
                await next(context);
                Outcome.TrySetResult("begun");
            }
            catch (HubException refused)
            {
                Outcome.TrySetResult(refused.Message);
                throw;
            }
        }
    }

    /// <summary>Reads the items of an upload itself.</summary>
    private sealed class Reading : IHubFilter
    {
        public ConcurrentQueue<int> Read { get; } = [];

        public TaskCompletionSource Go { get; } = New();

        public TaskCompletionSource Over { get; } = New();

        public async ValueTask<object?> InvokeMethodAsync(
            HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
        {
            try
            {
                await foreach (var item in ((ChannelReader<int>)invocationContext.HubMethodArguments[0]!).ReadAllAsync())
                {
                    Read.Enqueue(item);
                    await Go.Task;
                }
            }
            finally
            {
                Over.TrySetResult();
            }

            return await next(invocationContext);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
