using System.Net;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Conformance.Hostile;

/// <summary>
/// What HTTP/2 alone lets a stranger do. Beside it whoever has a session refreshes it, and afterwards nothing of it is held.
/// </summary>
[Collection(nameof(Alone))]
public sealed class Http2Floods : IAsyncLifetime
{
    private const int Connections = 100;
    private const int StreamsOfOne = 2_000;

    // Past 16 KiB or 100 headers a request is refused; twice as many are not read, and end the connection (RFC 9113
    // section 10.5.1).
    private static readonly Dictionary<string, (
        string Expected, string Path, (string Name, string Value)[] Headers)> TooLarge = new()
    {
        ["one header of 17 KiB"] = ("431", "/token", [("x-a", new string('a', 17 * 1024))]),
        ["a cookie of 30 KiB"] = ("431", "/browser/refresh", [("cookie", "rescind=" + new string('a', 30 * 1024))]),
        ["a token of 30 KiB"] = ("431", "/me/sessions", [("authorization", "Bearer " + new string('a', 30 * 1024))]),
        ["101 small headers"] = ("431", "/token", [.. Enumerable.Range(0, 101).Select(i => ($"x-{i}", "1"))]),
        ["a path of 9 KiB"] = ("reset 1", "/token?" + new string('a', 9 * 1024), []),
        ["a cookie of 60 KiB"] = ("closed 9", "/browser/refresh", [("cookie", "rescind=" + new string('a', 60 * 1024))]),
        ["a token of 60 KiB"] = ("closed 9", "/me/sessions", [("authorization", "Bearer " + new string('a', 60 * 1024))]),
        ["2,000 small headers"] = ("closed 1", "/token", [.. Enumerable.Range(0, 2_000).Select(i => ($"x-{i}", "1"))]),
        ["a path of 60 KiB"] = ("closed 9", "/" + new string('a', 60 * 1024), []),
    };

    private readonly LogLines _log = new();
    private AuthorityHost _authority = null!;

    public static TheoryData<string> Names { get; } = [.. TooLarge.Keys];

    public async ValueTask InitializeAsync() => _authority = await AuthorityHost.StartAsync(services =>
    {
        services.Configure<KestrelServerOptions>(
            static kestrel => kestrel.ConfigureEndpointDefaults(static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        services.AddSingleton<ILoggerProvider>(_log);
    });

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_head_past_the_limit_is_refused_and_the_connection_goes_on_unless_it_is_far_past_it(string name)
    {
        using var raw = await RawHttp2.ConnectAsync(_authority.Http.BaseAddress!);
        var (expected, path, headers) = TooLarge[name];
        raw.AddRequest("GET", path, isWhole: true, headers);
        await raw.SendAsync();

        (await raw.AnswerAsync()).ShouldBe(expected);

        if (!expected.StartsWith("closed", StringComparison.Ordinal))
        {
            raw.AddRequest("GET", "/health/live", isWhole: true);
            await raw.SendAsync();
            (await raw.AnswerAsync()).ShouldBe("200");
        }

        _log.Text.ShouldNotContain("aaaa");
        await RefreshAsync(_authority.RefreshTokens.Derive(await _authority.StartSessionAsync()));
    }

    [Fact]
    public async Task Streams_that_are_reset_at_once_hold_up_nobody_and_leave_nothing()
    {
        var refreshToken = _authority.RefreshTokens.Derive(await _authority.StartSessionAsync());
        refreshToken = await RefreshAsync(refreshToken);
        await FloodAsync(Counts.Of(Connections));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var flood = FloodAsync(Counts.Of(Connections));
        do
        {
            refreshToken = await RefreshAsync(refreshToken);
        }
        while (!flood.IsCompleted);
        await flood;

        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(8 * 1024 * 1024);
        _log.Text.ShouldNotContain("unhandled exception");
    }

    private Task FloodAsync(int connections) => Task.WhenAll(Enumerable.Range(0, connections).Select(_ => ResetAsync()));

    // Until the server has had enough of the connection.
    private async Task ResetAsync()
    {
        using var raw = await RawHttp2.ConnectAsync(_authority.Http.BaseAddress!);
        for (var i = 0; i < StreamsOfOne; i++)
        {
            var hasBody = i % 2 == 0;
            raw.AddRequest(
                "POST", hasBody ? "/token" : "/browser/refresh", isWhole: !hasBody,
                ("content-type", "application/x-www-form-urlencoded"));
            raw.AddReset();
            if (i % 100 == 99 && !await raw.SendAsync())
            {
                return;
            }
        }
    }

    private async Task<string> RefreshAsync(string refreshToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/token")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent(
                $"grant_type=refresh_token&client_id=web&refresh_token={refreshToken}", Encoding.UTF8,
                "application/x-www-form-urlencoded"),
        };
        var answer = await _authority.SendAsync(request);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        return answer["refresh_token"]!;
    }
}
