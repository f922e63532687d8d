using System.Buffers;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Feeding;

/// <summary>Reads bodies whose size the other end decides, within a limit that we decide.</summary>
internal static class BoundedBody
{
    private const int FirstBytes = 4096;

    /// <summary>The body; throws <see cref="FeedException"/> as soon as it is longer than <paramref name="maxBytes"/>.</summary>
    public static Task<ReadOnlyMemory<byte>> ReadAsync(
        HttpResponseMessage response, int maxBytes, CancellationToken cancellationToken) =>
        ReadAsync(response, maxBytes, static () => { }, cancellationToken);

    /// <summary>The same; <paramref name="progressed"/> hears of whatever has come.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(
        HttpResponseMessage response, int maxBytes, Action progressed, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>(FirstBytes);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = stream.ConfigureAwait(false);
        while (true)
        {
            var read = await stream.ReadAsync(body.GetMemory(FirstBytes), cancellationToken).ConfigureAwait(false);
            body.Advance(read);
            progressed();
            if (body.WrittenCount > maxBytes)
            {
                throw new FeedException(VerifierErrors.BadAnswer.Sentence($"It is longer than {maxBytes} bytes."));
            }

            if (read == 0)
            {
                return body.WrittenMemory;
            }
        }
    }
}
