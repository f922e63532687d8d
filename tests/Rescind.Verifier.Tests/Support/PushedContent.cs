using System.Net;
using System.Text;
using System.Threading.Channels;

namespace Rescind.Verifier.Tests.Support;

/// <summary>The body of a request, sent piece by piece.</summary>
internal sealed class PushedContent : HttpContent
{
    private readonly Channel<string> _pieces = Channel.CreateUnbounded<string>();

    public ValueTask WriteAsync(string piece) => _pieces.Writer.WriteAsync(piece);

    public void End() => _pieces.Writer.TryComplete();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync();
        await foreach (var piece in _pieces.Reader.ReadAllAsync())
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(piece));
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
