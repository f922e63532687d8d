using System.Diagnostics.CodeAnalysis;
using Rescind.Authority.Clients;

namespace Rescind.Authority.Feeding;

/// <summary>The snapshots that are under way, divided among the clients. Safe for concurrent use.</summary>
internal sealed class SnapshotDownloads(TimeProvider time)
{
    /// <summary>The most that one client alone may have under way; all together have at most twice as many.</summary>
    public const int MaxOfOneClient = 4;

    private readonly ConcurrencyShares _shares = new(MaxOfOneClient);

    /// <summary>Begins one, unless there are too many; dispose it at its end.</summary>
    public bool TryBegin(string client, CancellationToken aborted, [NotNullWhen(true)] out SnapshotDownload? download)
    {
        download = _shares.TryEnter(client) ? new(time, () => _shares.Leave(client), aborted) : null;
        return download is not null;
    }
}

/// <summary>A snapshot under way: it may take <see cref="Grace"/>, and longer the more of it was written. Used by one request.</summary>
internal sealed class SnapshotDownload(TimeProvider time, Action ended, CancellationToken aborted) : IDisposable
{
    /// <summary>How long it may take however small it is.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>How fast a client has to read beyond that.</summary>
    public const int MinBytesPerSecond = 64 * 1024;

    private readonly CancellationTokenSource _slow = new CancellationTokenSource(Grace, time);
    private readonly long _began = time.GetTimestamp();
    private CancellationTokenSource? _either;
    private long _bytes;

    /// <summary>Whether its client has read too slowly.</summary>
    public bool IsTooSlow => _slow.IsCancellationRequested;

    /// <summary>Cancelled when so many bytes more take too long, or when the request is over.</summary>
    public CancellationToken Allow(int bytes)
    {
        _bytes += bytes;
        var left = Grace + TimeSpan.FromSeconds((double)_bytes / MinBytesPerSecond) - time.GetElapsedTime(_began);
        _slow.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        _either ??= CancellationTokenSource.CreateLinkedTokenSource(aborted, _slow.Token);
        return _either.Token;
    }

    public void Dispose()
    {
        ended();
        _either?.Dispose();
        _slow.Dispose();
    }
}
