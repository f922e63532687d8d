using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority;
using Rescind.Benchmarks.Live;
using Rescind.Verifier;

namespace Rescind.Benchmarks.Scale;

/// <summary>The two sides of a snapshot, each the whole of its process.</summary>
internal static class SnapshotParts
{
    /// <summary>An Authority. It is told <c>begin</c> and <c>end</c>, and then says what its memory was in between.</summary>
    public static async Task ServeAsync(string folder)
    {
        var clock = Stopwatch.StartNew();
        await using var app = AuthorityServer.Create(
            new() { Urls = "http://127.0.0.1:0", Data = folder, Issuer = KnownFollowers.Issuer },
            static builder => builder.Logging.ClearProviders());
        await app.StartAsync();
        Say(new { url = app.Urls.First(), seconds = clock.Elapsed.TotalSeconds });
        for (var memory = OwnMemory.FromNowOn(); await Console.In.ReadLineAsync() is { } line;)
        {
            memory = line == "begin" ? OwnMemory.FromNowOn() : memory;
            Say(new { memory.Peak, memory.Allocated });
        }
    }

    /// <summary>An API with a verifier. It says how long that took to be ready and what its memory was, and ends.</summary>
    public static async Task FollowAsync(string authority, string clientId, string clientSecret)
    {
        var memory = OwnMemory.FromNowOn();
        var clock = Stopwatch.StartNew();
        await using var app = await LiveServer.StartAsync(authority, clientId, clientSecret);
        await app.Services.GetRequiredService<VerifierStatus>().WaitUntilReadyAsync();
        Say(new { seconds = clock.Elapsed.TotalSeconds, memory.Peak, memory.Allocated, memory.Live });
        GC.KeepAlive(app);
    }

    private static void Say<T>(T what) => Console.WriteLine(JsonSerializer.Serialize(what));
}
