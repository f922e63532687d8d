using System.Net;
using System.Net.Http.Headers;

namespace Rescind.Client.Refreshing;

/// <summary>
/// What came back from the Authority, read whole, and when it was asked: the life of a token cannot have begun earlier.
/// </summary>
internal sealed record TokenReply(
    HttpStatusCode Status, string? MediaType, ReadOnlyMemory<byte> Body, TimeSpan? RetryAfter, DateTimeOffset AskedAt)
{
    public bool IsJson => "application/json".Equals(MediaType, StringComparison.OrdinalIgnoreCase);

    /// <summary>Names no token.</summary>
    public override string ToString() => $"an answer {(int)Status}";

    /// <summary>
    /// The wait that a Retry-After asks for, in either of its forms (RFC 9110 section 10.2.3); null if there is none. A
    /// date is taken by the clock of whoever wrote it, where the answer says what that showed.
    /// </summary>
    public static TimeSpan? WaitOf(HttpResponseHeaders headers, TimeProvider time)
    {
        var wait = headers.RetryAfter is not { } after ? null : after.Delta ?? after.Date - (headers.Date ?? time.GetUtcNow());
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
