using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Rescind.Conformance.Support;

/// <summary>A connection of HTTP/2 (RFC 9113) without TLS that sends whatever frames a test likes.</summary>
internal sealed class RawHttp2 : IDisposable
{
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;
    private const byte Continuation = 9;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const byte Acknowledged = 1;
    private const uint Cancelled = 8;
    private const int MaxFrame = 16 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpClient _connection = new() { NoDelay = true };
    private readonly MemoryStream _waiting = new();
    private uint _stream;

    private RawHttp2()
    {
    }

    public static async Task<RawHttp2> ConnectAsync(Uri server)
    {
        var raw = new RawHttp2();
        await raw._connection.ConnectAsync(server.Host, server.Port);
        raw._waiting.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        raw.Add(Settings, 0, 0, []);
        return raw;
    }

    /// <summary>Adds a request; one that is not whole is to have a body.</summary>
    public void AddRequest(string method, string path, bool isWhole, params (string Name, string Value)[] headers)
    {
        // RFC 7541: http stands in the static table, the rest are literals.
        byte[] block =
        [
            0x86, .. Literal(":method", method), .. Literal(":path", path), .. Literal(":authority", "127.0.0.1"),
            .. headers.SelectMany(header => Literal(header.Name, header.Value)),
        ];
        _stream += _stream == 0 ? 1u : 2;
        var end = isWhole ? EndStream : (byte)0;
        for (var at = 0; at < block.Length; at += MaxFrame)
        {
            var isLast = at + MaxFrame >= block.Length;
            Add(at == 0 ? Headers : Continuation, (byte)((at == 0 ? end : 0) | (isLast ? EndHeaders : 0)), _stream,
                block.AsSpan(at, Math.Min(MaxFrame, block.Length - at)));
        }
    }

    /// <summary>Resets the stream of the request that was added last.</summary>
    public void AddReset()
    {
        Span<byte> reason = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(reason, Cancelled);
        Add(Reset, 0, _stream, reason);
    }

    /// <summary>Sends what was added; false if the server has closed the connection.</summary>
    public async Task<bool> SendAsync()
    {
        var bytes = _waiting.ToArray();
        _waiting.SetLength(0);
        try
        {
            await _connection.GetStream().WriteAsync(bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The status of the answer that comes next, or how the server ended the stream or the connection instead.</summary>
    public async Task<string> AnswerAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var stream = _connection.GetStream();
        var head = new byte[9];
        while (true)
        {
            await stream.ReadExactlyAsync(head, patience.Token);
            var payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(head) >> 8];
            await stream.ReadExactlyAsync(payload, patience.Token);
            switch (head[3])
            {
                case Settings when head[4] is not Acknowledged:
                    Add(Settings, Acknowledged, 0, []);
                    await SendAsync();
                    break;
                case Headers:
                    return StatusOf(payload);
                case Reset:
                    return $"reset {BinaryPrimitives.ReadUInt32BigEndian(payload)}";
                case GoAway:
                    return $"closed {BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(4))}";
            }
        }
    }

    public void Dispose() => _connection.Dispose();

    private void Add(byte type, byte flags, uint stream, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[9];
        BinaryPrimitives.WriteUInt32BigEndian(head, (uint)payload.Length << 8);
        (head[3], head[4]) = (type, flags);
        BinaryPrimitives.WriteUInt32BigEndian(head[5..], stream);
        _waiting.Write(head);
        _waiting.Write(payload);
    }

    private static IEnumerable<byte> Literal(string name, string value) => [0, .. Text(name), .. Text(value)];

    // The length is in seven bits, or past them in as many bytes as it takes.
    private static IEnumerable<byte> Text(string text)
    {
        var rest = text.Length - 127;
        var length = new List<byte> { (byte)Math.Min(text.Length, 127) };
        if (rest >= 0)
        {
            for (; rest >= 128; rest >>= 7)
            {
                length.Add((byte)(rest | 128));
            }

            length.Add((byte)rest);
        }

        return [.. length, .. Encoding.ASCII.GetBytes(text)];
    }

    // The status comes first, after what may be said of the size of the table: a number of the static table, or three digits.
    private static string StatusOf(ReadOnlySpan<byte> block)
    {
        while ((block[0] & 0xE0) == 0x20)
        {
            block = block[((block[0] & 0x1F) == 0x1F ? 1 + block[1..].IndexOfAnyInRange((byte)0, (byte)127) + 1 : 1)..];
        }

        return (block[0] & 0x80) != 0
            ? new[] { "200", "204", "206", "304", "400", "404", "500" }[(block[0] & 0x7F) - 8]
            : Encoding.ASCII.GetString(block.Slice(2, 3));
    }
}
