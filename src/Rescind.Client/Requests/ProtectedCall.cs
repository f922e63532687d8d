using Rescind.Client.Refreshing;

namespace Rescind.Client.Requests;

/// <summary>
/// One call through its repetitions. What is sent is a copy, a new one each time, and the caller's request stays as it
/// was: a handler outside that sends it again, or copies it even while it is under way, would else take the token along
/// as if it were the caller's own, and a handler inside that compresses the body would do so twice.
/// </summary>
internal sealed class ProtectedCall(HttpRequestMessage original, CallBody body)
{
    // Once, and once more if the other token had come from another process and was dead as well.
    private const int MostRenewals = 2;

    private readonly Uri _target = original.RequestUri!;
    private HttpRequestMessage? _sent;

    /// <summary>Which API it is for, as far as a token's acceptance goes.</summary>
    public string Host => _target.Authority;

    /// <summary>Whether it can be sent again as it was sent. A body that is copied while it is sent decides that then.</summary>
    public bool IsRepeatable => body.IsRepeatable;

    /// <summary>RFC 9110 section 9.2.2.</summary>
    public bool IsIdempotent { get; } =
        original.Method.Method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE" or "QUERY";

    /// <summary>Whether a handler below has followed a redirect: it changes the request itself.</summary>
    public bool WasRedirected => _sent?.RequestUri != _target;

    /// <summary>How often it was repeated with another token.</summary>
    public int Renewals { get; set; }

    /// <summary>Whether no other token would help, after <paramref name="refused"/>.</summary>
    public bool IsHopeless(ActiveTokens refused) => Renewals == MostRenewals || (Renewals > 0 && !refused.IsTakenOver);

    /// <summary>How long it has waited for an API that was unavailable.</summary>
    public TimeSpan Waited { get; set; }

    /// <summary>Begins to send it. The copy shares the content, so it is never disposed: that belongs to the caller.</summary>
    public HttpRequestMessage Begin() => _sent = CopyOf(original, body.Content);

    private static HttpRequestMessage CopyOf(HttpRequestMessage original, HttpContent? content)
    {
        var copy = new HttpRequestMessage(original.Method, original.RequestUri)
        {
            Version = original.Version, VersionPolicy = original.VersionPolicy, Content = content,
        };
        copy.Headers.Protocol = original.Headers.Protocol;
        foreach (var (name, values) in original.Headers.NonValidated)
        {
            copy.Headers.TryAddWithoutValidation(name, values);
        }

        IDictionary<string, object?> options = copy.Options;
        foreach (var (key, value) in original.Options)
        {
            options[key] = value;
        }

        return copy;
    }
}
