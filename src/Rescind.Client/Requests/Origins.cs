namespace Rescind.Client.Requests;

/// <summary>Where the access token may go: scheme, host and port, compared whole.</summary>
internal sealed class Origins(IEnumerable<string> origins)
{
    private readonly HashSet<(string Scheme, string Host, int Port)> _known = [.. origins.Select(origin => Of(new(origin)))];

    public bool Contains(Uri? url) => url is { IsAbsoluteUri: true } && _known.Contains(Of(url));

    private static (string, string, int) Of(Uri url) => (url.Scheme, url.IdnHost, url.Port);
}
