using System.Net;

namespace Rescind.Client.Requests;

/// <summary>
/// A body of unknown length that is copied while it is sent for the first time, within a bound: it is sent again from
/// that copy, whatever wrote it.
/// </summary>
internal sealed class RecordedContent : HttpContent
{
    private readonly HttpContent _original;
    private readonly int _maxBytes;
    private volatile bool _isBegun;
    private volatile byte[]? _whole;

    public RecordedContent(HttpContent original, int maxBytes)
    {
        (_original, _maxBytes) = (original, maxBytes);
        foreach (var (name, values) in original.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    /// <summary>Whether there is a copy of the whole, or none is needed because nothing was taken from the original.</summary>
    public bool IsRepeatable => _whole is not null || !_isBegun;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_whole is { } whole)
        {
            await stream.WriteAsync(whole, cancellationToken).ConfigureAwait(false);
            return;
        }

        // Whoever asks for the original again gets what it writes then, and that is no copy of what was sent first.
        var isFirst = !_isBegun;
        _isBegun = true;
        using var recorder = new RecordingStream(stream, isFirst ? _maxBytes : 0);
        await _original.CopyToAsync(recorder, context, cancellationToken).ConfigureAwait(false);
        _whole = isFirst ? recorder.Whole : null;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
