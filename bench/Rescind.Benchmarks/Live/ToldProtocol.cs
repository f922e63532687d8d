using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace Rescind.Benchmarks.Live;

/// <summary>
/// The stock protocol of hubs, telling when the server's close message has arrived: Closed comes after the client's farewell.
/// </summary>
internal sealed class ToldProtocol(Action told) : IHubProtocol
{
    private readonly JsonHubProtocol _inner = new();

    public string Name => _inner.Name;

    public int Version => _inner.Version;

    public TransferFormat TransferFormat => _inner.TransferFormat;

    public bool TryParseMessage(
        ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message)
    {
        var isWhole = _inner.TryParseMessage(ref input, binder, out message);
        if (message is CloseMessage)
        {
            told();
        }

        return isWhole;
    }

    public void WriteMessage(HubMessage message, IBufferWriter<byte> output) => _inner.WriteMessage(message, output);

    public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) => _inner.GetMessageBytes(message);

    public bool IsVersionSupported(int version) => _inner.IsVersionSupported(version);
}
