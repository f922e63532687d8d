using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rescind.Conformance.Support;

namespace Rescind.Foreign.Tests.Support;

/// <summary>A server that should publish keys, and answers whatever a test says.</summary>
internal sealed class KeyServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KeyServer(WebApplication app, string url) => (_app, Url) = (app, url);

    public string Url { get; }

    /// <summary>The path of every request that came.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public static async Task<KeyServer> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateBuilder();
        var url = FreeUrl.Next();
        builder.WebHost.UseUrls(url);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var server = new KeyServer(app, url);
        app.Run(context =>
        {
            server.Requests.Enqueue(context.Request.Path);
            return answer(context);
        });
        await app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
