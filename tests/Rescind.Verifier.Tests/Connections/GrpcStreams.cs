using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Connections;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

public sealed class GrpcStreams
{
    [Fact]
    public async Task A_revoked_session_ends_its_stream_as_unauthenticated_with_the_code()
    {
        await using var api = await GrpcApi.StartAsync();
        using var alice = api.Watch("alice");
        using var bob = api.Watch("bob");
        await TicksAsync(alice, 3);

        api.Log.End(Match.Subject("alice"));

        var over = await EndAsync(alice);
        (over.StatusCode, over.Status.Detail).ShouldBe((StatusCode.Unauthenticated, "4401 session_revoked"));
        await TicksAsync(bob, 3);
    }

    [Fact]
    public async Task A_stream_on_which_nothing_moves_ends_as_well()
    {
        await using var api = await GrpcApi.StartAsync();
        using var alice = api.Watch("alice", ticks: 1);
        await TicksAsync(alice, 1);

        api.Log.End(Match.Subject("alice"));

        (await EndAsync(alice)).StatusCode.ShouldBe(StatusCode.Unauthenticated);
        await Eventually.Async(() => api.Live == 0);
    }

    [Fact]
    public async Task A_token_that_ends_ends_its_stream_as_unavailable_so_that_the_client_comes_back()
    {
        await using var api = await GrpcApi.StartAsync();
        using var alice = api.Watch("alice", seconds: 2, ticks: 1);

        var over = await EndAsync(alice);

        (over.StatusCode, over.Status.Detail).ShouldBe((StatusCode.Unavailable, "4419 token_expired"));
    }

    [Fact]
    public async Task A_call_that_streams_in_both_directions_takes_nothing_more_and_ends_as_unauthenticated()
    {
        await using var api = await GrpcApi.StartAsync();
        using var alice = api.Echo("alice");
        await alice.RequestStream.WriteAsync(new() { Number = 1 });
        (await alice.ResponseStream.MoveNext()).ShouldBeTrue();

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        await TrySendAsync(alice, 2);

        var over = await EndAsync(alice.ResponseStream);
        (over.StatusCode, over.Status.Detail).ShouldBe((StatusCode.Unauthenticated, "4401 session_revoked"));
        await Eventually.Async(() => api.Live == 0);
        api.Echoed.ShouldBe([1]);
    }

    [Fact]
    public async Task A_call_that_streams_in_both_directions_waits_for_a_new_token_that_cannot_come_and_ends_as_unavailable()
    {
        await using var api = await GrpcApi.StartAsync(TimeSpan.FromSeconds(1));
        using var alice = api.Echo("alice");
        await alice.RequestStream.WriteAsync(new() { Number = 1 });
        (await alice.ResponseStream.MoveNext()).ShouldBeTrue();

        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
        await TrySendAsync(alice, 2);

        var over = await EndAsync(alice.ResponseStream);
        (over.StatusCode, over.Status.Detail).ShouldBe((StatusCode.Unavailable, "4419 token_expired"));
        api.Echoed.ShouldBe([1]);
    }

    [Fact]
    public async Task A_single_call_is_answered_as_ever()
    {
        await using var api = await GrpcApi.StartAsync();

        (await api.OnceAsync("alice")).Number.ShouldBe(7);
    }

    [Fact]
    public async Task One_of_a_hundred_users_loses_exactly_his_of_a_thousand_streams()
    {
        await using var api = await GrpcApi.StartAsync();
        var streams = Enumerable.Range(0, 1000)
            .Select(i => (User: i % 100, Call: api.Watch($"user-{i % 100}", ticks: 1))).ToList();
        foreach (var (_, call) in streams)
        {
            await TicksAsync(call, 1);
        }

        api.Log.End(Match.Subject("user-42"));

        foreach (var (_, call) in streams.Where(static one => one.User == 42))
        {
            (await EndAsync(call)).StatusCode.ShouldBe(StatusCode.Unauthenticated);
        }

        await Eventually.Async(() => api.Live == 990);
        streams.ForEach(static one => one.Call.Dispose());
    }

    private static async Task TicksAsync(AsyncServerStreamingCall<Tick> call, int count)
    {
        for (var i = 0; i < count; i++)
        {
            (await call.ResponseStream.MoveNext()).ShouldBeTrue();
        }
    }

    private static Task<RpcException> EndAsync(AsyncServerStreamingCall<Tick> call) => EndAsync(call.ResponseStream);

    private static async Task<RpcException> EndAsync(IAsyncStreamReader<Tick> answers) =>
        await Should.ThrowAsync<RpcException>(async () =>
        {
            while (await answers.MoveNext().WaitAsync(TimeSpan.FromSeconds(30)))
            {
            }
        });

    // The call may be over already.
    private static async Task TrySendAsync(AsyncDuplexStreamingCall<Tick, Tick> call, int number)
    {
        try
        {
            await call.RequestStream.WriteAsync(new() { Number = number });
        }
        catch (Exception over) when (over is RpcException or InvalidOperationException)
        {
            // Its end says why.
        }
    }

    /// <summary>An API whose streams of ticks are watched, over HTTP/2 without TLS.</summary>
    private sealed class GrpcApi(Api api, FakeLog log, GrpcChannel channel) : IAsyncDisposable
    {
        public FakeLog Log => log;

        public int Live =>
            api.Services.GetRequiredService<SchemeVerifiers>().All.Single().Connections.Live.Sum(static kind => kind.Count);

        public ConcurrentQueue<int> Echoed => api.Services.GetRequiredService<ConcurrentQueue<int>>();

        public static async Task<GrpcApi> StartAsync(TimeSpan? renewalMargin = null)
        {
            var log = new FakeLog();
            log.Register(new()
            {
                Issuer = FakeLog.Issuer, Own = true, Limits = FakeLog.Limits with { Leeway = 0 }, SendsAuthTime = true,
                Types = ["at+jwt"],
                Algorithms = ["ES256"],
            });
            var api = await Api.StartAsync(new()
            {
                Feed = log,
                Schemes = schemes => schemes.AddRescind(verifier =>
                {
                    verifier.Audience = "orders";
                    verifier.Connections.RenewalMargin = renewalMargin ?? verifier.Connections.RenewalMargin;
                }),
                Services = static services =>
                {
                    services.AddGrpc();
                    services.AddSingleton<ConcurrentQueue<int>>();
                    services.Configure<KestrelServerOptions>(static kestrel =>
                        kestrel.ConfigureEndpointDefaults(static endpoint => endpoint.Protocols = HttpProtocols.Http2));
                },
                Routes = static app => app.MapGrpcService<TicksServer>().RequireAuthorization().CloseOnRevocation(),
            });
            return new(api, log, GrpcChannel.ForAddress(api.Http.BaseAddress!));
        }

        public AsyncServerStreamingCall<Tick> Watch(string subject, int seconds = 300, int ticks = int.MaxValue) =>
            new Ticks.TicksClient(channel).Watch(new() { Ticks = ticks }, Headers(subject, seconds));

        public AsyncDuplexStreamingCall<Tick, Tick> Echo(string subject) =>
            new Ticks.TicksClient(channel).Echo(Headers(subject, 300));

        public Task AppliedAsync(LogPosition position) => Eventually.Async(() => api.Status.Position >= position);

        public async Task<Tick> OnceAsync(string subject) =>
            await new Ticks.TicksClient(channel).OnceAsync(new() { Ticks = 7 }, Headers(subject, 300));

        public async ValueTask DisposeAsync()
        {
            channel.Dispose();
            await api.DisposeAsync();
        }

        private Metadata Headers(string subject, int seconds) => new()
        {
            { "authorization", "Bearer " + log.Mint(new { sub = subject, sid = subject, exp = Minting.Now + seconds }) },
        };
    }

    private sealed class TicksServer(ConcurrentQueue<int> echoed) : Ticks.TicksBase
    {
        public override async Task Watch(Asked request, IServerStreamWriter<Tick> responseStream, ServerCallContext context)
        {
            for (var i = 0; i < request.Ticks; i++)
            {
                await responseStream.WriteAsync(new() { Number = i }, context.CancellationToken);
                await Task.Delay(20, context.CancellationToken);
            }

            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }

        public override Task<Tick> Once(Asked request, ServerCallContext context) =>
            Task.FromResult(new Tick { Number = request.Ticks });

        public override async Task Echo(
            IAsyncStreamReader<Tick> requestStream, IServerStreamWriter<Tick> responseStream, ServerCallContext context)
        {
            await foreach (var tick in requestStream.ReadAllAsync(context.CancellationToken))
            {
                echoed.Enqueue(tick.Number);
                await responseStream.WriteAsync(tick, context.CancellationToken);
            }
        }
    }
}
