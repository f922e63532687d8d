using System.Net.Sockets;
using System.Text;

namespace Rescind.Conformance.Support;

/// <summary>Bytes to a server and back, past everything that a client library would mend.</summary>
internal static class RawConnection
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A request without a body.</summary>
    public static string Get(string target, params string[] headers) =>
        $"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        + $"{string.Concat(headers.Select(header => header + "\r\n"))}Connection: close\r\n\r\n";

    /// <summary>Sends a text, byte for character.</summary>
    public static Task<string> AskAsync(Uri server, string request) => AskAsync(server, Encoding.Latin1.GetBytes(request));

    /// <summary>
    /// Sends everything, whatever comes back meanwhile, and reads until the server closes. Throws if it does not within
    /// <see cref="Patience"/>, or if it drops the connection before the answer could be read.
    /// </summary>
    public static async Task<string> AskAsync(Uri server, ReadOnlyMemory<byte> request)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var connection = new TcpClient { NoDelay = true };
        await connection.ConnectAsync(server.Host, server.Port, patience.Token);
        var stream = connection.GetStream();
        var sending = SendAsync(stream, request, patience.Token);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync(patience.Token);
        await sending;
        return answer;
    }

    // A server may stop reading once it has answered.
    private static async Task SendAsync(NetworkStream stream, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(request, cancellationToken);
        }
        catch (IOException)
        {
        }
    }
}
