using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Rescind.Authority.Http.Output;

/// <summary>
/// An answer that may be long: it is written in pieces, so that little of it is held for a client, and a client that
/// takes too long is cut off. Used by one request.
/// </summary>
internal sealed class LongAnswer : IDisposable
{
    /// <summary>How long it may take however short it is.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>How fast a client has to read beyond that.</summary>
    public const int MinBytesPerSecond = 64 * 1024;

    /// <summary>How much of it is written at once.</summary>
    public const int PieceBytes = 32 * 1024;

    private readonly HttpResponse _response;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _slow;
    private readonly CancellationTokenSource _either;
    private readonly long _began;
    private long _bytes;

    private LongAnswer(HttpContext context, CancellationToken stopping)
    {
        _response = context.Response;
        _time = context.RequestServices.GetRequiredService<TimeProvider>();
        _slow = new CancellationTokenSource(Grace, _time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _slow.Token, stopping);
        _began = _time.GetTimestamp();
    }

    /// <summary>The same limits for what is written at once, as the server itself knows them.</summary>
    public static MinDataRate Rate { get; } = new(MinBytesPerSecond, Grace);

    /// <summary>Has <paramref name="write"/> write the answer; the connection of a client that is too slow is closed.</summary>
    public static async Task SendAsync(HttpContext context, Func<LongAnswer, Task> write, CancellationToken stopping = default)
    {
        using var answer = new LongAnswer(context, stopping);
        try
        {
            await write(answer).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (answer._slow.IsCancellationRequested)
        {
            context.Abort();
        }
    }

    /// <summary>
    /// Writes so much more; throws <see cref="OperationCanceledException"/> if the client takes too long, or is gone.
    /// </summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, PieceBytes)];
            Allow(piece.Length);
            await _response.Body.WriteAsync(piece, _either.Token).ConfigureAwait(false);
            bytes = bytes[piece.Length..];
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _slow.Dispose();
    }

    private void Allow(int bytes)
    {
        _bytes += bytes;
        var left = Grace + TimeSpan.FromSeconds((double)_bytes / MinBytesPerSecond) - _time.GetElapsedTime(_began);
        _slow.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }
}
