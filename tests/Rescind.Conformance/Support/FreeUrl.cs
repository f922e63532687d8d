using System.Net;
using System.Net.Sockets;

namespace Rescind.Conformance.Support;

/// <summary>Loopback URLs for a server that must know its own before it listens.</summary>
internal static class FreeUrl
{
    public static string Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }
}
