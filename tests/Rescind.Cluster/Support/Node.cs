using Rescind.Conformance.Support;
using Rescind.EndToEnd;

namespace Rescind.Cluster.Support;

/// <summary>One of several Authorities on a database, in its own process.</summary>
/// <param name="folder">Where it keeps what is its own.</param>
/// <param name="settings">What all of them are told, as environment variables.</param>
/// <param name="issuer">The issuer, which all of them share.</param>
internal sealed class Node(string folder, IReadOnlyDictionary<string, string> settings, Uri issuer) : IAsyncDisposable
{
    private Child? _child;

    public Uri Url { get; } = new(FreeUrl.Next());

    public string Output => _child?.Output ?? "";

    public string Data => folder;

    public async Task StartAsync()
    {
        await DisposeAsync();
        _child = Child.Start(
            "dotnet",
            [
                Places.Program, "serve", "--store", "postgresql", "--urls", Text(Url), "--issuer", Text(issuer), "--data", folder,
            ],
            settings);
        await Readiness.WaitAsync(Url, _child, TimeSpan.FromSeconds(90));
    }

    public Task KillAsync() => _child!.KillAsync();

    public Task SignalAsync(string signal) => _child!.SignalAsync(signal);

    public Task StopAsync() => _child!.SignalAndWaitAsync("TERM");

    public async ValueTask DisposeAsync()
    {
        if (_child is not null)
        {
            await _child.DisposeAsync();
        }
    }

    private static string Text(Uri url) => url.ToString().TrimEnd('/');
}
