using System.Net;
using System.Net.Sockets;

namespace Rescind.Conformance.Support;

/// <summary>
/// Loopback URLs for a server that must know its own before it listens. Their ports lie below those that Linux gives to
/// whoever asks for any, so that nobody else is given one between the choice and its use.
/// </summary>
internal static class FreeUrl
{
    private const int FirstPort = 20_000;
    private const int EndOfPorts = 32_000;

    public static string Next()
    {
        var port = Random.Shared.Next(FirstPort, EndOfPorts);
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return $"http://127.0.0.1:{port}";
        }
        catch (SocketException)
        {
            return Next();
        }
    }
}
