using System.Net;
using Microsoft.AspNetCore.Http;

namespace Rescind.Authority.Http.Access;

/// <summary>
/// What the proxies on a request's way say of it: <c>X-Forwarded-Host</c> and <c>X-Forwarded-For</c>, as the dev servers of front
/// ends and most proxies send them, and <c>Forwarded</c> (RFC 7239). Every word of every proxy counts, not the last one alone.
/// </summary>
internal sealed class ForwardedRequest
{
    private readonly List<string> _hosts = [];
    private readonly List<string> _callers = [];

    public ForwardedRequest(HttpRequest request)
    {
        _hosts.AddRange(Split(request.Headers["X-Forwarded-Host"], ','));
        _callers.AddRange(Split(request.Headers["X-Forwarded-For"], ',').Select(WithoutPort));
        foreach (var pair in Split(request.Headers["Forwarded"], ',', ';'))
        {
            Add(pair);
        }
    }

    /// <summary>The hosts that the request was forwarded for.</summary>
    public IReadOnlyList<string> Hosts => _hosts;

    /// <summary>Whoever it was forwarded for, as far as they are named.</summary>
    public IReadOnlyList<string> Callers => _callers;

    public static bool IsForwarded(HttpRequest request) => request.Headers.Any(static header => IsForwarding(header.Key));

    /// <summary>Whether a text is <c>host</c> or <c>host:port</c>.</summary>
    public static bool IsHost(string text)
    {
        var host = new HostString(text);
        return host.HasValue && host.ToString() == text && !text.EndsWith(':')
            && Uri.CheckHostName(host.Host) is not UriHostNameType.Unknown
            && (text.Length == host.Host.Length || host.Port is > 0 and <= ushort.MaxValue);
    }

    private static bool IsForwarding(string header) =>
        header.Equals("Forwarded", StringComparison.OrdinalIgnoreCase) || header.Equals("Via", StringComparison.OrdinalIgnoreCase)
        || header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Split(IEnumerable<string?> values, params char[] separators) =>
        values.SelectMany(
            value => (value ?? "").Split(separators, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    private void Add(string pair)
    {
        var (name, value) = pair.IndexOf('=', StringComparison.Ordinal) is var at and >= 0
            ? (pair[..at].TrimEnd(), pair[(at + 1)..].Trim().Trim('"'))
            : (pair, "");
        if (name.Equals("host", StringComparison.OrdinalIgnoreCase))
        {
            _hosts.Add(value);
        }
        else if (name.Equals("for", StringComparison.OrdinalIgnoreCase) && !IsHidden(value))
        {
            _callers.Add(WithoutPort(value));
        }
    }

    // RFC 7239 section 6.3: a proxy may hide whom it forwards for, and so says nothing of them.
    private static bool IsHidden(string node) =>
        node.StartsWith('_') || node.Equals("unknown", StringComparison.OrdinalIgnoreCase);

    private static string WithoutPort(string node) => IPEndPoint.TryParse(node, out var end) ? end.Address.ToString() : node;
}
