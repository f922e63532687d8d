using System.Buffers;
using System.Buffers.Text;

namespace Rescind;

/// <summary>
/// Base64url as RFC 7515 means it: the alphabet alone, no padding, no blanks, zero tail bits (JWS-1, T-15). The framework's
/// decoder takes padding, white space and other last characters for the same bytes, so one token would have several spellings.
/// </summary>
public static class StrictBase64Url
{
    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>The number of bytes that <paramref name="length"/> characters hold.</summary>
    public static int DecodedLength(int length) => length * 3 / 4;

    /// <summary>Decodes into <paramref name="destination"/>; false for anything not canonical or too long for it.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        if (text.Length % 4 == 1 || text.ContainsAnyExcept(Alphabet) || !TailBitsAreZero(text)
            || destination.Length < DecodedLength(text.Length))
        {
            return false;
        }

        return Base64Url.TryDecodeFromChars(text, destination, out written);
    }

    // 2 characters carry 12 bits for 1 byte, 3 carry 18 for 2: the rest must be zero.
    private static bool TailBitsAreZero(ReadOnlySpan<char> text) => (text.Length % 4) switch
    {
        2 => (ValueOf(text[^1]) & 0b1111) == 0,
        3 => (ValueOf(text[^1]) & 0b11) == 0,
        _ => true,
    };

    private static int ValueOf(char c) => c switch
    {
        >= 'A' and <= 'Z' => c - 'A',
        >= 'a' and <= 'z' => c - 'a' + 26,
        >= '0' and <= '9' => c - '0' + 52,
        '-' => 62,
        _ => 63,
    };
}
