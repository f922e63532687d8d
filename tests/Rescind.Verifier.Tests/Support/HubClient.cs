using Microsoft.AspNetCore.SignalR.Client;

namespace Rescind.Verifier.Tests.Support;

/// <summary>What a stock client of a hub does and hears.</summary>
internal sealed class HubClient(HubConnection hub) : IAsyncDisposable
{
    private readonly TaskCompletionSource<Exception?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _reconnects;

    public HubConnection Hub => hub;

    public int Reconnects => _reconnects;

    /// <summary>What the client was told when it was closed for good.</summary>
    public Task<Exception?> Closed => _closed.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public async Task<HubClient> StartAsync()
    {
        hub.Closed += failure =>
        {
            _closed.TrySetResult(failure);
            return Task.CompletedTask;
        };
        hub.Reconnecting += _ =>
        {
            Interlocked.Increment(ref _reconnects);
            return Task.CompletedTask;
        };
        await hub.StartAsync();
        return this;
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();
}
