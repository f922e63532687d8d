using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rescind.Verifier.Connections.Streams;

/// <summary>A response body that goes out through the gate.</summary>
internal sealed class GatedBody(IHttpResponseBodyFeature inner, GatedWriter writer) : IHttpResponseBodyFeature
{
    public Stream Stream { get; } = writer.AsStream(leaveOpen: true);

    public PipeWriter Writer => writer;

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public void DisableBuffering() => inner.DisableBuffering();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    public async Task CompleteAsync()
    {
        await writer.FlushAsync().ConfigureAwait(false);
        await inner.CompleteAsync().ConfigureAwait(false);
    }
}
