using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Rescind.Authority.Http.Input;

/// <summary>Reads a whole body into bounded memory, whatever the host's own limit is (G8).</summary>
internal static class RequestBody
{
    /// <summary>
    /// The largest body, in bytes. The largest honest one, a session with its claims, is under a quarter of it.
    /// </summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>
    /// The bytes; null if there are more than <see cref="MaxBytes"/>. Throws <see cref="BadHttpRequestException"/> if
    /// they do not come as HTTP has it.
    /// </summary>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request)
    {
        if (request.ContentLength > MaxBytes)
        {
            return null;
        }

        var reader = request.BodyReader;
        while (true)
        {
            var read = await ReadMoreAsync(reader, request.HttpContext.RequestAborted).ConfigureAwait(false);
            if (read.Buffer.Length > MaxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static async ValueTask<ReadResult> ReadMoreAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // The server's word for a chunk whose length is beyond all numbers, and for a caller who left: no failure of ours.
            throw new BadHttpRequestException("The body did not come.", e);
        }
    }
}
