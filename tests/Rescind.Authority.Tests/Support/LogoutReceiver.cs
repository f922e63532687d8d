using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Rescind.Authority.Tests.Support;

/// <summary>A client's server: it is told of logouts, and answers as a test says.</summary>
internal sealed class LogoutReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ToldHere> _told = new();

    private LogoutReceiver(WebApplication app) => _app = app;

    /// <summary>Where it is told.</summary>
    public string Url => _app.Urls.Single() + "/logout";

    /// <summary>What it answers; 200 by default.</summary>
    public Func<ToldHere, HttpContext, Task> Answer { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>Every request, in the order of arrival.</summary>
    public IReadOnlyList<ToldHere> Told => [.. _told];

    public IEnumerable<string> Sessions => _told.Select(one => one.SessionId);

    public static async Task<LogoutReceiver> StartAsync(HttpStatusCode? always = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var receiver = new LogoutReceiver(app);
        if (always is { } status)
        {
            receiver.AnswerAlways(status);
        }

        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public void AnswerAlways(HttpStatusCode status) => Answer = (_, context) =>
    {
        context.Response.StatusCode = (int)status;
        context.Response.Headers.Location = "/elsewhere";
        return Task.CompletedTask;
    };

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        var told = new ToldHere(
            context.Request.Method, context.Request.Path, form.Keys.Single(), form["logout_token"].ToString());
        _told.Enqueue(told);
        await Answer(told, context);
    }
}

/// <summary>One request that a client got.</summary>
internal sealed record ToldHere(string Method, string Path, string Parameter, string Token)
{
    private readonly JsonWebToken _read = new(Token);

    public string SessionId => _read.GetClaim("sid").Value;

    public string Id => _read.Id;
}
