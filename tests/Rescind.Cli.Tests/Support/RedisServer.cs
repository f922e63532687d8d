using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests.Support;

/// <summary>A Redis server of this test alone, in memory, on a free port of the loopback.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly int _port = new Uri(FreeUrl.Next()).Port;

    private RedisServer() => _process = Process.Start(new ProcessStartInfo(
        "redis-server", ["--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
    {
        RedirectStandardOutput = true,
    })!;

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    public static async Task<RedisServer> StartAsync()
    {
        var server = new RedisServer();
        server._process.OutputDataReceived += static (_, _) => { };
        server._process.BeginOutputReadLine();
        while (await server.AskAsync("PING") != "+PONG")
        {
            server._process.HasExited.ShouldBeFalse();
            await Task.Delay(20);
        }

        return server;
    }

    /// <summary>The first line of the answer to an inline command; null if nobody answers.</summary>
    public async Task<string?> AskAsync(string command)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", _port);
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream);
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(command + "\r\n"));
            return await reader.ReadLineAsync();
        }
        catch (SocketException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
