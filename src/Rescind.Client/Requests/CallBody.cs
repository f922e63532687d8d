namespace Rescind.Client.Requests;

/// <summary>The body of a call, and whether it can be sent again with the same bytes.</summary>
internal sealed class CallBody
{
    private readonly bool _isRepeatable;

    private CallBody(HttpContent? content, bool isRepeatable) => (Content, _isRepeatable) = (content, isRepeatable);

    /// <summary>What is sent.</summary>
    public HttpContent? Content { get; }

    public bool IsRepeatable => Content is RecordedContent recorded ? recorded.IsRepeatable : _isRepeatable;

    /// <summary>
    /// Decides before the call is sent once, and copies the body if need be: now, or while it is sent if its length is unknown.
    /// </summary>
    public static async ValueTask<CallBody> OfAsync(
        HttpRequestMessage request, int maxBufferedBytes, CancellationToken cancellationToken)
    {
        var content = request.Content;
        if (request.Options.TryGetValue(RescindRequest.Repeatable, out var said))
        {
            return new(content, said);
        }

        if (content is null || HoldsItsBytes(content))
        {
            return new(content, true);
        }

        if (content.Headers.ContentLength is not { } length)
        {
            // It may be endless, or written by something that can be read once, as a list that JSON is made of.
            return new(new RecordedContent(content, maxBufferedBytes), false);
        }

        if (length <= maxBufferedBytes)
        {
            await content.LoadIntoBufferAsync(maxBufferedBytes, cancellationToken).ConfigureAwait(false);
        }

        return new(content, length <= maxBufferedBytes);
    }

    // Not what is derived from them, which may write something else.
    private static bool HoldsItsBytes(HttpContent content) =>
        content is ReadOnlyMemoryContent || content.GetType() == typeof(ByteArrayContent)
        || content.GetType() == typeof(StringContent) || content.GetType() == typeof(FormUrlEncodedContent);
}
