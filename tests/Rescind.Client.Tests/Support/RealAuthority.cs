using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;

namespace Rescind.Client.Tests.Support;

/// <summary>A real Authority on SQLite and a real API that verifies its tokens, in one app on a real server.</summary>
internal sealed class RealAuthority : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;
    private int _toLose;

    private RealAuthority(WebApplication app, string folder) => (_app, _folder) = (app, folder);

    /// <summary>The API's origin; the Authority is below <c>/auth</c>.</summary>
    public string Url => _app.Urls.First();

    public IRevocations Revocations => _app.Services.GetRequiredService<IRevocations>();

    /// <summary>The status of each answer of the token endpoint.</summary>
    public ConcurrentQueue<int> Refreshes { get; } = new();

    public static async Task<RealAuthority> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("rescind-test-").FullName;
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration["Rescind:Issuer"] = "http://127.0.0.1:7080/auth";
        builder.Configuration["Rescind:Development"] = "true";
        builder.Configuration["Rescind:Data"] = folder;
        builder.Services.AddRescindAuthority();
        builder.Services.AddAuthentication().AddRescind();
        builder.Services.AddAuthorization();
        var app = builder.Build();
        var authority = new RealAuthority(app, folder);
        app.Use(authority.ObserveAsync);
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapRescind("/auth");
        app.MapGet("/orders", () => "your orders").RequireAuthorization();
        await app.StartAsync();
        return authority;
    }

    public Task<StartedSession> LoginAsync() => _app.Services.GetRequiredService<ISessions>().StartAsync("alice");

    /// <summary>The next refresh is done, and its answer lost.</summary>
    public void LoseNextAnswer() => _toLose = 1;

    /// <summary>Which refresh token of its session this is: bytes 18 to 21 of it.</summary>
    public static uint GenerationOf(string refreshToken) =>
        BinaryPrimitives.ReadUInt32BigEndian(Base64Url.DecodeFromChars(refreshToken.AsSpan("rt_".Length)).AsSpan(18));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ObserveAsync(HttpContext context, RequestDelegate next)
    {
        var answer = context.Response.Body;
        var isRefresh = context.Request.Path == "/auth/token";
        var isLost = isRefresh && Interlocked.Exchange(ref _toLose, 0) == 1;
        context.Response.Body = isLost ? Stream.Null : answer;
        await next(context);
        if (isRefresh)
        {
            Refreshes.Enqueue(context.Response.StatusCode);
        }

        if (isLost)
        {
            context.Abort();
        }
    }
}
