using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary>A dev server in front of a development server: its hosts are taken if they are listed, and nothing else is.</summary>
public sealed class ForwardedHostsTests
{
    private const string Path = "/.well-known/jwks.json";

    [Theory]
    [InlineData("X-Forwarded-Host: localhost:3000")]
    [InlineData("x-forwarded-host: LOCALHOST:3000|x-forwarded-for: ::1|x-forwarded-proto: http|x-forwarded-port: 3000")]
    [InlineData(
        "X-Forwarded-Host: localhost:3000|X-Forwarded-For: ::ffff:127.0.0.1|X-Forwarded-Proto: http|X-Forwarded-Prefix: /auth")]
    [InlineData("X-Forwarded-Host: localhost:3000, shop.test:5173|X-Forwarded-For: 127.0.0.1, [::1]:50123")]
    [InlineData("Forwarded: for=\"[::1]:4711\";proto=http;host=\"localhost:3000\"")]
    [InlineData(
        "Forwarded: proto=http;host=\"localhost:3000\";for=\"_Ab12\", for=unknown;host=shop.test:5173|Via: 1.1 localhost")]
    [InlineData("Host: shop.test:5173|X-Forwarded-Host: shop.test:5173|X-Forwarded-For: 127.0.0.1:50123")]
    [InlineData("Host: shop.test:5173")]
    [InlineData("X-Forwarded-Host: [::1]:3000")]
    public async Task A_listed_host_is_taken(string headers)
    {
        await using var host = await StartAsync("localhost:3000", "shop.test:5173", "[::1]:3000");

        (await CallAsync(host, headers)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("X-Forwarded-Host: localhost:3001")]
    [InlineData("X-Forwarded-Host: localhost")]
    [InlineData("X-Forwarded-Host: evil.example")]
    [InlineData("X-Forwarded-Host: localhost:3000, evil.example")]
    [InlineData("X-Forwarded-Host: localhost:3000|X-Forwarded-Host: evil.example")]
    [InlineData("X-Forwarded-Host: localhost:3000|Forwarded: host=evil.example")]
    [InlineData("X-Forwarded-Host: localhost:3000|X-Forwarded-For: 203.0.113.7")]
    [InlineData("X-Forwarded-Host: localhost:3000|X-Forwarded-For: 127.0.0.1, 203.0.113.7")]
    [InlineData("X-Forwarded-Host: localhost:3000|X-Forwarded-For: somebody")]
    [InlineData("Forwarded: for=203.0.113.7;host=\"localhost:3000\"")]
    [InlineData("Forwarded: host=")]
    [InlineData("X-Forwarded-Host: localhost:3000|Host: evil.example")]
    [InlineData("X-Forwarded-Host: ")]
    [InlineData("X-Forwarded-For: 127.0.0.1")]
    [InlineData("X-Forwarded-Proto: http")]
    [InlineData("Via: 1.1 localhost")]
    public async Task Every_other_one_is_refused_and_the_answer_names_the_setting_where_it_would_help(string headers)
    {
        await using var host = await StartAsync("localhost:3000");

        var answer = await CallAsync(host, headers);

        answer.ShouldBeProblem(HttpStatusCode.MisdirectedRequest);
        if (!headers.Contains("203.0.113.7", StringComparison.Ordinal) && !headers.Contains("somebody", StringComparison.Ordinal))
        {
            answer["detail"]!.ShouldContain("Rescind:AllowForwardedHostsInDevelopment");
        }
    }

    [Fact]
    public async Task Without_the_setting_the_answer_says_what_to_set()
    {
        await using var host = await StartAsync();

        (await CallAsync(host, "X-Forwarded-Host: localhost:3000"))["detail"]!
            .ShouldContain("Rescind:AllowForwardedHostsInDevelopment");
    }

    [Theory]
    [InlineData("*")]
    [InlineData("*.example")]
    [InlineData("http://localhost:3000")]
    [InlineData("localhost:3000/")]
    [InlineData("localhost:")]
    [InlineData("localhost:0")]
    [InlineData("localhost:65536")]
    [InlineData("localhost:x")]
    [InlineData("local host")]
    [InlineData("a,b")]
    [InlineData("")]
    [InlineData("::1")]
    public async Task What_is_not_a_host_keeps_it_from_starting(string listed) =>
        (await Should.ThrowAsync<OptionsValidationException>(() => StartAsync(listed))).Message.ShouldContain("RSC1001");

    [Fact]
    public async Task Outside_Development_it_does_not_start() =>
        (await Should.ThrowAsync<OptionsValidationException>(() => AuthorityHost.StartAsync(static services =>
            services.PostConfigure<AuthorityOptions>(static options =>
            {
                (options.Development, options.Issuer, options.AdminSecret) = (false, "https://auth.example", new('x', 32));
                options.AllowForwardedHostsInDevelopment.Add("localhost:3000");
            })))).Message.ShouldContain("RSC1020");

    [Fact]
    public async Task Each_start_says_that_it_is_on()
    {
        var lines = new List<string>();
        await using var host = await AuthorityHost.StartAsync(services =>
        {
            services.AddSingleton<ILoggerProvider>(new Warnings(lines));
            services.PostConfigure<AuthorityOptions>(
                static options => options.AllowForwardedHostsInDevelopment.Add("localhost:3000"));
        });

        lines.ShouldContain(static line => line.Contains("AllowForwardedHostsInDevelopment", StringComparison.Ordinal)
            && line.Contains("localhost:3000", StringComparison.Ordinal));
    }

    private static Task<AuthorityHost> StartAsync(params string[] hosts) => AuthorityHost.StartAsync(services =>
        services.PostConfigure<AuthorityOptions>(options => Array.ForEach(hosts, options.AllowForwardedHostsInDevelopment.Add)));

    private static Task<Answer> CallAsync(AuthorityHost host, string headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Path);
        foreach (var header in headers.Split('|'))
        {
            var at = header.IndexOf(':', StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(header[..at], header[(at + 1)..].TrimStart());
        }

        return host.SendAsync(request);
    }

    private sealed class Warnings(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable BeginScope<TState>(TState state)
            where TState : notnull => NullLogger.Instance.BeginScope(state)!;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
            {
                lines.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
