using System.Net.Sockets;
using System.Text;

namespace Rescind.Verifier.Tests.Support;

/// <summary>A client that writes and reads the bytes of HTTP/1.1 itself.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;
    private readonly StringBuilder _heard = new();

    private RawClient(TcpClient tcp) => (_tcp, _stream) = (tcp, tcp.GetStream());

    /// <summary>Sends a request whose head ends after <paramref name="headers"/>.</summary>
    public static async Task<RawClient> SendAsync(LiveApi api, string line, string? token, params IEnumerable<string> headers)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", api.Api.Http.BaseAddress!.Port);
        var client = new RawClient(tcp);
        IEnumerable<string> bearer = token is null ? [] : ["Authorization: Bearer " + token];
        await client.SayAsync(string.Join("\r\n", [line + " HTTP/1.1", "Host: 127.0.0.1", .. bearer, .. headers, "", ""]));
        return client;
    }

    public ValueTask SayAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Says it to a server that may have closed by now.</summary>
    public async Task TrySayAsync(string text)
    {
        try
        {
            await SayAsync(text);
        }
        catch (IOException)
        {
            // It has.
        }
    }

    /// <summary>Hears on until all that was heard contains <paramref name="text"/>.</summary>
    public async Task<string> HearAsync(string text)
    {
        while (!_heard.ToString().Contains(text, StringComparison.Ordinal))
        {
            (await HearMoreAsync()).ShouldBeTrue();
        }

        return _heard.ToString();
    }

    /// <summary>All that was heard, once the server has closed the connection.</summary>
    public async Task<string> HearToTheEndAsync()
    {
        while (await HearMoreAsync())
        {
        }

        return _heard.ToString();
    }

    public void Dispose() => _tcp.Dispose();

    private async Task<bool> HearMoreAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        var buffer = new byte[4096];
        try
        {
            var length = await _stream.ReadAsync(buffer, limit.Token);
            _heard.Append(Encoding.Latin1.GetString(buffer, 0, length));
            return length > 0;
        }
        catch (IOException)
        {
            // Cut.
            return false;
        }
    }
}
