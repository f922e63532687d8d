using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Hosts;

/// <summary>What a server refuses while a request comes is told by its own status: slow 408, large 413, malformed 400.</summary>
public sealed class SlowBodies
{
    private const string Form = "application/x-www-form-urlencoded";
    private const string Json = "application/json";

    [Theory]
    [InlineData("/auth/token", Form)]
    [InlineData("/auth/revoke", Form)]
    [InlineData("/auth/introspect", Form)]
    [InlineData("/auth/backchannel-logout", Form)]
    [InlineData("/auth/global-token-revocation", Json)]
    [InlineData("/auth/v1/sessions", Json)]
    [InlineData("/auth/v1/revocations", Json)]
    [InlineData("/auth/v1/clients", Json)]
    public async Task A_body_that_comes_too_slowly_ends_as_408(string path, string type)
    {
        await using var host = await HostApp.StartAsync(WithRate());

        var answer = await SendAsync(host, path, type, "Content-Length: 2000", "a");

        answer.ShouldStartWith("HTTP/1.1 408 ");
        answer.ShouldContain("RSC1909");
        answer.ShouldContain("Connection: close", Case.Insensitive);
    }

    [Theory]
    [InlineData("/auth/token", Form)]
    [InlineData("/auth/v1/sessions", Json)]
    public async Task A_limit_of_the_server_itself_is_413(string path, string type)
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = static builder => builder.WebHost.ConfigureKestrel(
                static kestrel => kestrel.Limits.MaxRequestBodySize = 100),
        });

        (await SendAsync(host, path, type, "Content-Length: 2000", "a")).ShouldStartWith("HTTP/1.1 413 ");
        (await SendAsync(host, path, type, "Transfer-Encoding: chunked", "c8\r\n" + new string('a', 200) + "\r\n"))
            .ShouldStartWith("HTTP/1.1 413 ");
    }

    [Theory]
    [InlineData("/auth/token", Form)]
    [InlineData("/auth/v1/sessions", Json)]
    public async Task A_malformed_chunk_is_400(string path, string type)
    {
        await using var host = await HostApp.StartAsync(new());

        (await SendAsync(host, path, type, "Transfer-Encoding: chunked", "zz\r\na\r\n")).ShouldStartWith("HTTP/1.1 400 ");
    }

    [Theory]
    [InlineData("GET /auth/.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")]
    [InlineData("POST /auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        + "Content-Length: 2000\r\n\r\n")]
    public async Task What_comes_byte_by_byte_ends_as_408(string beginning)
    {
        await using var host = await HostApp.StartAsync(WithRate());
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(host.Http.BaseAddress!.Host, host.Http.BaseAddress.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(beginning));
        var status = new byte["HTTP/1.1 408 ".Length];
        var answer = stream.ReadExactlyAsync(status).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        while (!answer.IsCompleted && await TryWriteAsync(stream))
        {
            await Task.Delay(20);
        }

        await answer;
        Encoding.ASCII.GetString(status).ShouldBe("HTTP/1.1 408 ");
    }

    // False once the server has closed the connection.
    private static async Task<bool> TryWriteAsync(NetworkStream stream)
    {
        try
        {
            await stream.WriteAsync("a"u8.ToArray());
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static HostSetup WithRate() => new()
    {
        Builder = static builder => builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1000, gracePeriod: TimeSpan.FromSeconds(1.1));
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(1.1);
        }),
    };

    /// <summary>The first answer to a request whose body is begun and never finished.</summary>
    private static async Task<string> SendAsync(HostApp host, string path, string type, string length, string beginning)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host.Http.BaseAddress!.Host, host.Http.BaseAddress.Port);
        await using var stream = client.GetStream();
        var bearer = await host.BearerAsync("admin");
        var head = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\n"
            + $"Authorization: Bearer {bearer}\r\n{length}\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + beginning));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }
}
