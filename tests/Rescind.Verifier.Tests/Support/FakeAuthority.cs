using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rescind.Verifier.Tests.Support;

/// <summary>
/// The token and feed endpoints over a <see cref="FakeLog"/>, on a real server, with every misbehaviour that a test can
/// ask for.
/// </summary>
internal sealed class FakeAuthority : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly FakeLog _log;
    private int _tokens;

    private FakeAuthority(WebApplication app, FakeLog log) => (_app, _log) = (app, log);

    public string Url => _app.Urls.First();

    // verifier / se+cret: form-encoded before base64 (RFC 6749 section 2.3.1).
    public string Credentials { get; set; } = "Basic dmVyaWZpZXI6c2UlMkJjcmV0";

    public int ExpiresIn { get; set; } = 300;

    /// <summary>Tokens up to this one are refused.</summary>
    public int RefusedTokens { get; set; }

    public int Tokens => _tokens;

    public List<string> Queries { get; } = [];

    /// <summary>What to answer instead of the feed.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    /// <summary>What to answer instead of a token.</summary>
    public Func<HttpContext, Task>? InsteadOfToken { get; set; }

    /// <summary>What to answer instead of the snapshot.</summary>
    public Func<HttpContext, Task>? InsteadOfSnapshot { get; set; }

    /// <summary>Every token that was asked about.</summary>
    public List<string> Questions { get; } = [];

    /// <summary>The tokens that introspection calls inactive.</summary>
    public HashSet<string> Inactive { get; } = [];

    /// <summary>What to answer instead of an introspection.</summary>
    public Func<HttpContext, Task>? InsteadOfIntrospection { get; set; }

    public static async Task<FakeAuthority> StartAsync(FakeLog log, string url = "http://127.0.0.1:0")
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls(url);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var authority = new FakeAuthority(app, log);
        app.MapPost("/token", (RequestDelegate)authority.TokenAsync);
        app.MapGet("/v1/feed", (RequestDelegate)authority.FeedAsync);
        app.MapGet("/v1/feed/snapshot", (RequestDelegate)authority.SnapshotAsync);
        app.MapPost("/introspect", (RequestDelegate)authority.IntrospectAsync);
        await app.StartAsync();
        return authority;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    // Inactive for a stranger would turn a test red in silence: he is told 401.
    private async Task IntrospectAsync(HttpContext context)
    {
        var token = (await context.Request.ReadFormAsync())["token"].ToString();
        lock (Questions)
        {
            Questions.Add(token);
        }

        if (InsteadOfIntrospection is { } instead)
        {
            await instead(context);
        }
        else if (context.Request.Headers.Authorization != Credentials)
        {
            context.Response.StatusCode = 401;
        }
        else
        {
            await context.Response.WriteAsJsonAsync(new { active = !Inactive.Contains(token) });
        }
    }

    private async Task TokenAsync(HttpContext context)
    {
        if (InsteadOfToken is { } instead)
        {
            await instead(context);
            return;
        }

        var form = await context.Request.ReadFormAsync();
        form["grant_type"].ToString().ShouldBe("client_credentials");
        form["scope"].ToString().ShouldBe("feed");

        context.Request.Headers.Authorization.ToString().ShouldBe(Credentials);
        await context.Response.WriteAsJsonAsync(
            new { access_token = $"feed-token-{++_tokens}", token_type = "Bearer", expires_in = ExpiresIn });
    }

    private async Task FeedAsync(HttpContext context)
    {
        lock (Queries)
        {
            Queries.Add(context.Request.QueryString.Value!);
        }

        if (Instead is { } instead)
        {
            await instead(context);
        }
        else if (IsAllowed(context))
        {
            var query = context.Request.Query;
            var after = LogPosition.TryParse(query["after"], out var position) ? position : default;
            LogChain? chain = LogChain.TryParse(query["chain"], out var parsed) ? parsed : null;
            var answer = await _log.PollAsync(
                new()
                {
                    Epoch = query["epoch"]!, After = after, Chain = chain, Nonce = query["nonce"]!,
                    Wait = TimeSpan.FromSeconds(double.Parse(query["wait"]!, System.Globalization.CultureInfo.InvariantCulture)),
                    Leaving = query["leaving"] == "1",
                },
                context.RequestAborted);
            context.Response.StatusCode = answer.Outcome switch
            {
                FeedOutcome.Gone => 410,
                FeedOutcome.Conflict => 409,
                _ => 200,
            };
            if (answer.Outcome is FeedOutcome.Entries)
            {
                FeedJson.Write(answer, context.Response.BodyWriter);
                await context.Response.BodyWriter.FlushAsync();
            }
        }
    }

    private async Task SnapshotAsync(HttpContext context)
    {
        if (InsteadOfSnapshot is { } instead)
        {
            await instead(context);
            return;
        }

        if (!IsAllowed(context))
        {
            return;
        }

        var (header, entries) = _log.Snapshot();
        var output = context.Response.BodyWriter;
        FeedJson.WriteSnapshotHeader(header, output);
        foreach (var entry in entries)
        {
            output.Write("\n"u8);
            FeedJson.WriteEntry(entry, output);
        }

        output.Write("\n"u8);
        FeedJson.WriteSnapshotEnd(entries.Count, output);
        output.Write("\n"u8);
        await output.FlushAsync();
    }

    private bool IsAllowed(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        var allowed = header.StartsWith("Bearer feed-token-", StringComparison.Ordinal)
            && int.Parse(
                header["Bearer feed-token-".Length..], System.Globalization.CultureInfo.InvariantCulture) > RefusedTokens;
        context.Response.StatusCode = allowed ? 200 : 401;
        return allowed;
    }
}
