using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Rescind.Authority.Endpoints;

namespace Rescind.Conformance.Hostile;

/// <summary>Tests that measure the process that they run in, one after another when all others are done.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>G8: whatever a stranger sends, one request allocates at most 1 MiB.</summary>
[Collection(nameof(Alone))]
public sealed class BoundedWork(Target target) : IClassFixture<Target>
{
    private const long Limit = 1024 * 1024;
    private const int WarmUps = 3;
    private const int Rounds = 5;

    private static readonly byte[] Received = new byte[1024 * 1024];

    private static readonly Dictionary<string, string> Headers = new()
    {
        ["none"] = "",
        ["90 of 150 bytes"] = string.Concat(Enumerable.Range(0, 90).Select(i => $"X-{i}: {new string('a', 150)}\r\n")),
        ["a token of many claims"] = $"Authorization: Bearer {Token(ManyClaims(11_000))}\r\n",
        ["a token of many brackets"] = $"Authorization: Bearer {Token($"{{\"a\":[{string.Concat(Enumerable.Repeat("[],", 3_500))}1]}}")}\r\n",
        ["a token without end"] = $"Authorization: Bearer {new string('a', 15_000)}\r\n",
        ["Basic credentials"] = $"Authorization: Basic {Convert.ToBase64String(new byte[1_500])}\r\n",
        ["an origin and a preflight"] = "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n",
    };

    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["none"] = "",
        ["one value"] = "client_id=web&token=" + new string('a', 65_000),
        ["a token of many claims"] = "client_id=web&token=" + Token(ManyClaims(11_500)),
        ["a token of one long claim"] = "client_id=web&token=" + Token($"{{\"a\":\"{new string('x', 11_000)}\"}}"),
        ["a logout token of many claims"] = "logout_token=" + Token(ManyClaims(11_500)),
        ["a refresh token without end"] = "grant_type=refresh_token&client_id=web&refresh_token=rt_" + new string('A', 65_000),
        ["a revoked refresh token"] = "token=rt_" + new string('A', 65_000) + "&client_id=web",
        ["a scope of many words"] = "grant_type=client_credentials&client_id=web&scope=" + string.Concat(Enumerable.Repeat("a+", 32_000)),
        ["escapes"] = "client_id=web&token=" + string.Concat(Enumerable.Repeat("%41", 21_000)),
        ["a secret"] = "client_id=caller&client_secret=" + new string('s', 65_000),
        ["a client"] = "client_id=" + new string('c', 65_000),
        ["64 parameters"] = "client_id=web&" + string.Join('&', Enumerable.Range(100, 63).Select(i => $"{i:D500}={i:D500}")),
        ["one name"] = new string('n', 65_000) + "=1",
        ["brackets"] = new string('[', 65_000),
    };

    [Fact]
    public void No_request_of_a_stranger_allocates_more_than_one_MiB()
    {
        var costs = Requests().ToDictionary(request => request.Name, request => Allocated(request.Bytes));
        var (dearest, most) = costs.MaxBy(cost => cost.Value);
        most.ShouldBeInRange(1, Limit, $"{dearest} allocates {most} bytes");
    }

    private IEnumerable<(string Name, byte[] Bytes)> Requests()
    {
        var query = "?" + string.Join('&', Enumerable.Range(0, 1_300).Select(i => $"{i}=1"));
        foreach (var route in target.Routes)
        {
            yield return ($"{route}, query", Request(route, route.Path + query, "", ""));
            foreach (var (name, header) in Headers)
            {
                yield return ($"{route}, header: {name}", Request(route, route.Path, header, ""));
            }

            foreach (var (name, body) in Bodies.Where(_ => route.Method == "POST"))
            {
                yield return ($"{route}, body: {name}", Request(route, route.Path, "", body));
            }
        }
    }

    private static byte[] Request(Route route, string path, string headers, string body) => Encoding.ASCII.GetBytes(
        $"{route.Method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}Content-Length: {body.Length}\r\n"
        + $"Content-Type: {(route.Access.IsInBody ? "application/x-www-form-urlencoded" : "application/json")}\r\n\r\n{body}");

    // The least of several rounds: what the rest of the process does meanwhile is not the request's.
    private long Allocated(byte[] request)
    {
        for (var i = 0; i < WarmUps; i++)
        {
            Ask(request);
        }

        return Enumerable.Range(0, Rounds).Min(_ =>
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Ask(request);
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        });
    }

    // Synchronous, into one buffer: nearly everything that is measured is the server's.
    private void Ask(byte[] request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, target.Address.Port);
        socket.Send(request);
        var length = 0;
        for (var read = 1; read > 0; length += read)
        {
            read = socket.Receive(Received, length, Received.Length - length, SocketFlags.None);
        }

        Received.AsSpan(0, length).StartsWith("HTTP/1.1 "u8).ShouldBeTrue();
    }

    private static string ManyClaims(int length)
    {
        var claims = new StringBuilder("{");
        for (var i = 0; claims.Length < length; i++)
        {
            claims.Append($"{(i == 0 ? "" : ",")}\"{i}\":{i}");
        }

        return claims.Append('}').ToString();
    }

    private static string Token(string payload) =>
        $"eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IngifQ.{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(payload))}.{new string('A', 86)}";
}
