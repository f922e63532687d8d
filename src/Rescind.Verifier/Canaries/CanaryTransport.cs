using Rescind.Verifier.Connections;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Canaries;

/// <summary>A connection that leads to nobody.</summary>
internal sealed class CanaryTransport : ILiveTransport
{
    public static Origin Origin { get; } = new("", null, "https", default, default, null);

    public string Kind => "canary";

    public Task AskAsync(TimeSpan left, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task CloseAsync(ConnectionEnd end, CancellationToken cancellationToken) => Task.CompletedTask;

    public void Stop()
    {
    }

    public void Abort()
    {
    }
}
