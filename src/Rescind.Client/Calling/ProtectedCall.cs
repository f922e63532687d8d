namespace Rescind.Client.Calling;

/// <summary>One call through its repetitions.</summary>
internal sealed class ProtectedCall(HttpRequestMessage request, bool isRepeatable)
{
    private readonly Uri _target = request.RequestUri!;

    /// <summary>Which API it is for, as far as a token's acceptance goes.</summary>
    public string Host => _target.Authority;

    public bool IsRepeatable => isRepeatable;

    /// <summary>RFC 9110 section 9.2.2.</summary>
    public bool IsIdempotent { get; } = request.Method.Method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE" or "QUERY";

    /// <summary>Whether a handler below has followed a redirect: it changes the request itself.</summary>
    public bool WasRedirected => request.RequestUri != _target;

    /// <summary>Whether its one repetition with a new token has been spent.</summary>
    public bool IsRenewed { get; set; }

    /// <summary>How long it has waited for an API that was unavailable.</summary>
    public TimeSpan Waited { get; set; }
}
