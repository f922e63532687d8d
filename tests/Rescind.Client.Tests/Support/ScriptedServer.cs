using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rescind.Client.Tests.Support;

/// <summary>
/// An Authority with one session, and an API that takes its tokens, on a real server, with every misbehaviour that a test can ask
/// for. It rotates by the rules: the current refresh token and its predecessor get the same successor, anything older
/// ends the session.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    public const int ExpiresIn = 300;

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private int _accessTokens = 1;
    private int _underWay;
    private int _loginAt = 1;

    private ScriptedServer(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    /// <summary>The generation of the refresh token that counts.</summary>
    public int Generation { get; private set; } = 1;

    /// <summary>How many access tokens there have been.</summary>
    public int AccessTokens => _accessTokens;

    public bool IsEnded { get; set; }

    /// <summary>How many refreshes it has begun and not finished.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Access tokens up to this number are refused.</summary>
    public int RefusedUpTo { get; set; }

    public ConcurrentQueue<string> Refreshes { get; } = new();

    public ConcurrentQueue<string> Revocations { get; } = new();

    /// <summary>The Authorization header, or nothing, of each call to the API.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    public ConcurrentQueue<string> Bodies { get; } = new();

    public ConcurrentQueue<string> ClientCredentials { get; } = new();

    /// <summary>Before the Authority refreshes; true if it has answered.</summary>
    public Func<HttpContext, Task<bool>>? BeforeRefresh { get; set; }

    /// <summary>After the Authority has refreshed, before it answers; true if it has answered.</summary>
    public Func<HttpContext, Task<bool>>? AfterRefresh { get; set; }

    /// <summary>Before the API answers; true if it has answered.</summary>
    public Func<HttpContext, Task<bool>>? BeforeApi { get; set; }

    public static string RefreshToken(int generation) => $"rt_{generation}";

    public static string AccessToken(int number) => $"at.{number}";

    public static async Task<ScriptedServer> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var server = new ScriptedServer(app);
        app.MapPost("/token", (RequestDelegate)server.RefreshAsync);
        app.MapPost("/revoke", (RequestDelegate)server.RevokeAsync);
        app.MapFallback((RequestDelegate)server.ApiAsync);
        await app.StartAsync();
        return server;
    }

    public static SessionTokens FirstTokens(DateTimeOffset now) =>
        new() { AccessToken = AccessToken(1), RefreshToken = RefreshToken(1), ExpiresAt = now.AddSeconds(ExpiresIn) };

    /// <summary>Another login: what is left of the session before it is refused, and ends nothing any more.</summary>
    public SessionTokens LogIn(DateTimeOffset now)
    {
        lock (_lock)
        {
            (IsEnded, _loginAt) = (false, Generation + 2);
            Generation = _loginAt;
            return FirstTokens(now) with { AccessToken = AccessToken(++_accessTokens), RefreshToken = RefreshToken(Generation) };
        }
    }

    public static int GenerationOf(string refreshToken) => int.Parse(refreshToken["rt_".Length..], CultureInfo.InvariantCulture);

    /// <summary>Answers with a status and, perhaps, a body.</summary>
    public static Func<HttpContext, Task<bool>> Say(
        int status, string? body = null, string type = "application/json", params (string, string)[] headers) =>
        async context =>
        {
            context.Response.StatusCode = status;
            foreach (var (name, value) in headers)
            {
                context.Response.Headers.Append(name, value);
            }

            if (body is not null)
            {
                context.Response.ContentType = type;
                await context.Response.WriteAsync(body);
            }

            return true;
        };

    /// <summary>As <paramref name="answer"/>, so many times.</summary>
    public static Func<HttpContext, Task<bool>> Times(int times, Func<HttpContext, Task<bool>> answer) =>
        context => Interlocked.Decrement(ref times) >= 0 ? answer(context) : Task.FromResult(false);

    /// <summary>Cuts the connection.</summary>
    public static Task<bool> Lose(HttpContext context)
    {
        context.Abort();
        return Task.FromResult(true);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task RefreshAsync(HttpContext context)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            await AnswerRefreshAsync(context);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private async Task AnswerRefreshAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        var presented = form["refresh_token"].ToString();
        ClientCredentials.Enqueue(context.Request.Headers.Authorization + form["client_id"].ToString());
        Refreshes.Enqueue(presented);
        if (BeforeRefresh is { } before && await before(context))
        {
            return;
        }

        var body = Rotate(presented);
        if (AfterRefresh is not { } after || !await after(context))
        {
            await Say(
                body is null ? 400 : 200,
                body ?? """{"error":"invalid_grant","reason":"reused","explanation":"rv_42"}""")(context);
        }
    }

    private string? Rotate(string presented)
    {
        lock (_lock)
        {
            var generation = GenerationOf(presented);
            IsEnded |= generation >= _loginAt && generation != Generation && generation != Generation - 1;
            if (IsEnded || generation < _loginAt)
            {
                return null;
            }

            Generation = generation + 1;
            var (access, refresh) = (AccessToken(++_accessTokens), RefreshToken(Generation));
            return $$"""
                {"access_token":"{{access}}","token_type":"Bearer","expires_in":{{ExpiresIn}},
                "refresh_token":"{{refresh}}","scope":"x"}
                """;
        }
    }

    private async Task RevokeAsync(HttpContext context)
    {
        var token = (await context.Request.ReadFormAsync())["token"].ToString();
        Revocations.Enqueue(token);
        IsEnded |= GenerationOf(token) >= _loginAt;
    }

    private async Task ApiAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        Calls.Enqueue(header);
        using var reader = new StreamReader(context.Request.Body);
        Bodies.Enqueue(await reader.ReadToEndAsync());
        if (BeforeApi is { } before && await before(context))
        {
            return;
        }

        var isAccepted = header.StartsWith("Bearer at.", StringComparison.Ordinal)
            && int.Parse(header["Bearer at.".Length..], CultureInfo.InvariantCulture) > RefusedUpTo;
        await Say(isAccepted ? 200 : 401, header, "text/plain",
            isAccepted ? [] : [("WWW-Authenticate", "Bearer error=\"invalid_token\"")])(context);
    }
}
