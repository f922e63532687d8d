using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Authority.Tests.Hosts;

/// <summary>
/// A client that asks and does not take the answer, or takes it byte by byte, is cut off and nothing is held for it.
/// </summary>
public sealed class SlowReaders
{
    private const string Issuer = "http://127.0.0.1:7070/auth";
    private const int SmallBuffer = 4096;

    private int _connections;

    [Theory]
    [InlineData("/auth/openapi/v1.json", null)]
    [InlineData("/auth/.well-known/jwks.json", null)]
    [InlineData("/auth/v1/feed?after=0&epoch=", "feed")]
    [InlineData("/auth/v1/feed/snapshot", "feed")]
    [InlineData("/auth/v1/revocations?limit=1000", "revoke")]
    public async Task The_limit_of_the_application_ends_the_connection(string path, string? scope)
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = builder => Watch(builder, static limits =>
            {
                limits.MinResponseDataRate = new(bytesPerSecond: 1024 * 1024, gracePeriod: TimeSpan.FromSeconds(1.1));
                limits.KeepAliveTimeout = TimeSpan.FromSeconds(1.1);
            }),
        });
        await RevokeManyAsync(host);

        using var client = await AskAsync(host, path, scope, times: 200);

        await Eventually.Async(() => Volatile.Read(ref _connections) == 0);
    }

    [Fact]
    public async Task A_feed_is_cut_off_after_half_a_minute_and_what_its_bytes_take_whatever_the_application_says()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = builder =>
            {
                Watch(builder, static limits => limits.MinResponseDataRate = null);
                builder.Services.AddSingleton<TimeProvider>(time);
            },
        });
        await RevokeManyAsync(host);

        using var client = await AskAsync(host, "/auth/v1/feed?after=0&epoch=", "feed", times: 1);

        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Volatile.Read(ref _connections) == 0;
        });
    }

    [Theory]
    [InlineData(null, LongAnswer.MinBytesPerSecond)]
    [InlineData(240.0, LongAnswer.MinBytesPerSecond)]
    [InlineData(1_000_000.0, 1_000_000.0)]
    public async Task Whatever_the_application_has_set_an_answer_is_taken_at_64_KiB_a_second_at_least(double? set, double held)
    {
        var seen = 0.0;
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = builder => builder.WebHost.ConfigureKestrel(kestrel =>
                kestrel.Limits.MinResponseDataRate = set is { } rate ? new(rate, TimeSpan.FromSeconds(5)) : null),
            Pipeline = app => app.Use(async (context, next) =>
            {
                await next();
                seen = context.Features.Get<IHttpMinResponseDataRateFeature>()!.MinDataRate!.BytesPerSecond;
            }),
        });

        (await host.CallAsync("GET", "/auth/.well-known/jwks.json")).Status.ShouldBe(HttpStatusCode.OK);

        seen.ShouldBe(held);
    }

    [Fact]
    public async Task The_server_of_our_own_holds_every_connection_to_that()
    {
        await using var authority = await AuthorityHost.StartAsync();

        var limits = authority.Get<IOptions<KestrelServerOptions>>().Value.Limits;

        limits.MinResponseDataRate.ShouldBe(LongAnswer.Rate);
        limits.RequestHeadersTimeout.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(30));
        limits.MinRequestBodyDataRate.ShouldNotBeNull();
    }

    // The connections are counted, and hold as little on their way as those of a slow network.
    private void Watch(WebApplicationBuilder builder, Action<KestrelServerLimits> set)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            set(kestrel.Limits);
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => async connection =>
            {
                Interlocked.Increment(ref _connections);
                await next(connection);
                Interlocked.Decrement(ref _connections);
            }));
        });
        builder.Services.Configure<SocketTransportOptions>(
            static transport => transport.CreateBoundListenSocket = static endpoint =>
            {
                var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
                socket.SendBufferSize = SmallBuffer;
                return socket;
            });
    }

    private static Task<RevokeOutcome[]> RevokeManyAsync(HostApp host) => Task.WhenAll(Enumerable.Range(0, 1_000).Select(i =>
        host.Services.GetRequiredService<IRevocationStore>().RevokeAsync(
            new()
            {
                Issuer = Issuer, Match = Match.Subject($"{new string('s', 200)}-{i}"), Effect = Effect.End, Reason = "test",
                Audit = AuditContext.System,
            },
            CancellationToken.None)));

    /// <summary>Asks so often on one connection, and takes ten bytes of the answers, one after the other.</summary>
    private async Task<Socket> AskAsync(HostApp host, string path, string? scope, int times)
    {
        var epoch = path.EndsWith("epoch=", StringComparison.Ordinal)
            ? host.Services.GetRequiredService<CommittedLog>().Tail.Head.Epoch
            : "";
        var bearer = scope is null ? "" : $"Authorization: Bearer {await host.BearerAsync(scope)}\r\n";
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = SmallBuffer };
        await socket.ConnectAsync(host.Http.BaseAddress!.Host, host.Http.BaseAddress.Port);
        var request = Encoding.ASCII.GetBytes($"GET {path}{epoch} HTTP/1.1\r\nHost: localhost\r\n{bearer}\r\n");
        for (var i = 0; i < times; i++)
        {
            await socket.SendAsync(request);
        }

        for (var i = 0; i < 10; i++)
        {
            (await socket.ReceiveAsync(new byte[1])).ShouldBe(1);
        }

        Volatile.Read(ref _connections).ShouldBe(1);
        return socket;
    }
}
