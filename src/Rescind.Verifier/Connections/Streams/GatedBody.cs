using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rescind.Verifier.Connections.Streams;

/// <summary>
/// A response body that goes out through the gate. Whoever takes it up is told to <paramref name="used"/>, each time.
/// </summary>
internal sealed class GatedBody(IHttpResponseBodyFeature inner, GatedWriter writer, LiveConnection connection, Action used)
    : IHttpResponseBodyFeature
{
    private readonly Stream _stream = writer.AsStream(leaveOpen: true);

    public Stream Stream
    {
        get
        {
            used();
            return _stream;
        }
    }

    public PipeWriter Writer
    {
        get
        {
            used();
            return writer;
        }
    }

    /// <summary>Sends the head, which is the app's as much as the body is.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        used();
        if (await connection.PassAsync(cancellationToken).ConfigureAwait(false))
        {
            await inner.StartAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void DisableBuffering() => inner.DisableBuffering();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    /// <summary>Sends the end, and with it the trailers. That of an answer which is shut is ours.</summary>
    public async Task CompleteAsync()
    {
        used();
        var flushed = await writer.FlushAsync().ConfigureAwait(false);
        if (!flushed.IsCompleted && connection.Look() is DeliveryState.Open)
        {
            await inner.CompleteAsync().ConfigureAwait(false);
        }
    }
}
