using System.Net;
using System.Text;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests.Support;

/// <summary>An API that asks for a token and takes any that it has seen the form of: nobody verifies it.</summary>
internal sealed class Unguarded : IDisposable
{
    private readonly HttpListener _listener = new();

    public Unguarded()
    {
        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        _ = ServeAsync();
    }

    public string Url { get; } = FreeUrl.Next();

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                var shown = context.Request.Headers["Authorization"] ?? "";
                context.Response.StatusCode = shown.StartsWith("Bearer eyJ", StringComparison.Ordinal) ? 200 : 401;
                context.Response.Close(Encoding.UTF8.GetBytes("{}"), willBlock: false);
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
