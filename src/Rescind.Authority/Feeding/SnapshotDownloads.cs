using Rescind.Authority.Clients;

namespace Rescind.Authority.Feeding;

/// <summary>The snapshots that are under way, divided among the clients. Safe for concurrent use.</summary>
internal sealed class SnapshotDownloads
{
    /// <summary>The most that one client alone may have under way; all together have at most twice as many.</summary>
    public const int MaxOfOneClient = 4;

    private readonly ConcurrencyShares _shares = new(MaxOfOneClient);

    /// <summary>Begins one; dispose it at its end. Null, and nothing counted, if there are too many.</summary>
    public IDisposable? TryBegin(string client) => _shares.TryEnter(client) ? new Download(() => _shares.Leave(client)) : null;

    private sealed class Download(Action ended) : IDisposable
    {
        public void Dispose() => ended();
    }
}
