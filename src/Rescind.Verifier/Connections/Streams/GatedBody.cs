using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rescind.Verifier.Connections.Streams;

/// <summary>A response body that goes out through the gate. Whoever takes it up is told to <paramref name="used"/>, each time.</summary>
internal sealed class GatedBody(IHttpResponseBodyFeature inner, GatedWriter writer, Action used) : IHttpResponseBodyFeature
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

    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        used();
        return inner.StartAsync(cancellationToken);
    }

    public void DisableBuffering() => inner.DisableBuffering();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    public async Task CompleteAsync()
    {
        await writer.FlushAsync().ConfigureAwait(false);
        await inner.CompleteAsync().ConfigureAwait(false);
    }
}
