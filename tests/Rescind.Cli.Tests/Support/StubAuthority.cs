using System.Net;
using System.Text;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests.Support;

/// <summary>An Authority that answers what a test says: each route by its method and path, 404 for the others.</summary>
internal sealed class StubAuthority : IDisposable
{
    private readonly HttpListener _listener = new();

    public StubAuthority()
    {
        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        _ = ServeAsync();
    }

    public string Url { get; } = FreeUrl.Next();

    /// <summary>The bodies, by <c>GET /v1/keys</c>, or with a query by that.</summary>
    public Dictionary<string, string> Bodies { get; } = [];

    /// <summary>How far its clock is ahead.</summary>
    public TimeSpan Ahead { get; set; }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                var (method, url) = (context.Request.HttpMethod, context.Request.Url!);
                var isKnown = Bodies.TryGetValue($"{method} {url.PathAndQuery}", out var body)
                    || Bodies.TryGetValue($"{method} {url.AbsolutePath}", out body);
                context.Response.StatusCode = isKnown ? 200 : 404;
                context.Response.Headers["Date"] = (DateTimeOffset.UtcNow + Ahead).ToString("R");
                context.Response.ContentType = "application/json";
                context.Response.Close(Encoding.UTF8.GetBytes(body ?? ""), willBlock: false);
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
