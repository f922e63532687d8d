using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>
/// A hub protocol that knows one more method. It is here, and not in the hub, because the hub's own log writes the
/// arguments of calls: a token among them would be in it.
/// </summary>
internal sealed class WatchedProtocol(IHubProtocol inner, LiveHub hub) : IHubProtocol
{
    private Binder? _binder;

    public string Name => inner.Name;

    public int Version => inner.Version;

    public TransferFormat TransferFormat => inner.TransferFormat;

    public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) => inner.GetMessageBytes(message);

    public bool IsVersionSupported(int version) => inner.IsVersionSupported(version);

    public bool TryParseMessage(
        ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message)
    {
        _binder = _binder?.Inner == binder ? _binder : new(binder);
        if (!inner.TryParseMessage(ref input, _binder, out message))
        {
            return false;
        }

        message = hub.Admit(message);
        return true;
    }

    public void WriteMessage(HubMessage message, IBufferWriter<byte> output)
    {
        if (message is CloseMessage close)
        {
            hub.SendClose(close);
            return;
        }

        inner.WriteMessage(message, output);
    }

    private sealed class Binder(IInvocationBinder inner) : IInvocationBinder
    {
        private static readonly Type[] OneText = [typeof(string)];

        public IInvocationBinder Inner => inner;

        public IReadOnlyList<Type> GetParameterTypes(string methodName) =>
            methodName.Equals(LiveHub.RenewMethod, StringComparison.OrdinalIgnoreCase)
                ? OneText
                : inner.GetParameterTypes(methodName);

        public Type GetReturnType(string invocationId) => inner.GetReturnType(invocationId);

        public Type GetStreamItemType(string streamId) => inner.GetStreamItemType(streamId);

        public string? GetTarget(ReadOnlySpan<byte> utf8Bytes) => inner.GetTarget(utf8Bytes);
    }
}
