using System.Net.Http.Json;

namespace Rescind.Client.Calling;

/// <summary>Whether a request can be sent twice. Decided, and its body copied if need be, before it is sent once.</summary>
internal static class Repeating
{
    public static async ValueTask<bool> PrepareAsync(HttpRequestMessage request, int maxBufferedBytes, CancellationToken cancellationToken)
    {
        if (request.Options.TryGetValue(RescindRequest.Repeatable, out var said))
        {
            return said;
        }

        switch (request.Content)
        {
            // These hold all that they write, and write it anew each time.
            case null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent:
                return true;

            // Without a length it may be endless, or answered while it is still written.
            case { Headers.ContentLength: { } length } content when length <= maxBufferedBytes:
                await content.LoadIntoBufferAsync(maxBufferedBytes, cancellationToken).ConfigureAwait(false);
                return true;

            default:
                return false;
        }
    }
}
