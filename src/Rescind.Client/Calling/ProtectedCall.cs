namespace Rescind.Client.Calling;

/// <summary>
/// One call through its repetitions. What is sent is a copy, and the caller's request stays as it was: a handler outside that sends it again,
/// or copies it even while it is under way, would else take the token along as if it were the caller's own.
/// </summary>
internal sealed class ProtectedCall(HttpRequestMessage original, bool isRepeatable)
{
    private readonly Uri _target = original.RequestUri!;

    /// <summary>What is sent.</summary>
    public HttpRequestMessage Request { get; } = CopyOf(original);

    /// <summary>Which API it is for, as far as a token's acceptance goes.</summary>
    public string Host => _target.Authority;

    public bool IsRepeatable => isRepeatable;

    /// <summary>RFC 9110 section 9.2.2.</summary>
    public bool IsIdempotent { get; } = original.Method.Method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE" or "QUERY";

    /// <summary>Whether a handler below has followed a redirect: it changes the request itself.</summary>
    public bool WasRedirected => Request.RequestUri != _target;

    /// <summary>Whether its one repetition with a new token has been spent.</summary>
    public bool IsRenewed { get; set; }

    /// <summary>How long it has waited for an API that was unavailable.</summary>
    public TimeSpan Waited { get; set; }

    // Shares the content, so it is never disposed: that belongs to the caller.
    private static HttpRequestMessage CopyOf(HttpRequestMessage original)
    {
        var copy = new HttpRequestMessage(original.Method, original.RequestUri)
        {
            Version = original.Version, VersionPolicy = original.VersionPolicy, Content = original.Content,
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
