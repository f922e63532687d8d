using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR.Client;

namespace Rescind.Verifier.Tests.Support;

/// <summary>What a stock client of a hub does and hears.</summary>
internal sealed class HubClient(HubConnection hub) : IAsyncDisposable
{
    private readonly TaskCompletionSource<Exception?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _reconnects;

    public HubConnection Hub => hub;

    public int Reconnects => _reconnects;

    /// <summary>What it heard, of all that was said.</summary>
    public ConcurrentQueue<string> Heard { get; } = [];

    /// <summary>What the client was told when it was closed first, whether it came back or not.</summary>
    public string? Told { get; private set; }

    /// <summary>What the client was told when it was closed for good.</summary>
    public Task<Exception?> Closed => _closed.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public async Task<HubClient> StartAsync()
    {
        hub.On<string>("Said", Heard.Enqueue);
        hub.Closed += failure =>
        {
            Told ??= failure?.Message;
            _closed.TrySetResult(failure);
            return Task.CompletedTask;
        };
        hub.Reconnecting += failure =>
        {
            Told ??= failure?.Message;
            Interlocked.Increment(ref _reconnects);
            return Task.CompletedTask;
        };
        await hub.StartAsync();
        return this;
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();
}
