using System.Diagnostics.CodeAnalysis;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Http.Input;

/// <summary>
/// The parameters of a form or a query: strictly decoded UTF-8, none repeated but one that may be, at most
/// <see cref="MaxParameters"/>. One without a value counts as omitted (RFC 6749 section 3.2); the repeatable one keeps
/// its empty values.
/// </summary>
internal sealed class UrlEncoded
{
    public const int MaxParameters = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, string> _values;
    private readonly string[] _repeated;
    private readonly string? _repeatable;

    private UrlEncoded(Dictionary<string, string> values, string? repeatable, string[] repeated) =>
        (_values, _repeatable, _repeated) = (values, repeatable, repeated);

    public static UrlEncoded Empty { get; } = new([], null, []);

    /// <summary>The value; null if it is omitted.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Each value of a parameter in its order; none if it is omitted.</summary>
    public string[] All(string name) => name == _repeatable ? _repeated : this[name] is { } value ? [value] : [];

    /// <summary>False with a sentence about what is wrong; it repeats a parameter's name at most, never a value.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> text, [NotNullWhen(true)] out UrlEncoded? parameters, [NotNullWhen(false)] out string? fault,
        string? repeatable = null)
    {
        var values = new Dictionary<string, string>();
        var repeated = new List<string>();
        parameters = null;
        fault = null;
        foreach (var range in text.Split((byte)'&'))
        {
            var pair = text[range];
            var equals = pair.IndexOf((byte)'=');
            var name = Decode(equals < 0 ? pair : pair[..equals]);
            var value = equals < 0 ? "" : Decode(pair[(equals + 1)..]);
            fault = name is null || value is null ? "A parameter is not well encoded."
                : pair.IsEmpty || Add(name, value) ? null
                : $"The parameter {JsonSyntax.Shorten(name)} is there twice.";
            fault ??= values.Count + repeated.Count > MaxParameters ? $"There are more than {MaxParameters} parameters." : null;
            if (fault is not null)
            {
                return false;
            }
        }

        parameters = new(values.Where(p => p.Value.Length > 0).ToDictionary(), repeatable, [.. repeated]);
        return true;

        bool Add(string name, string value)
        {
            if (name != repeatable)
            {
                return values.TryAdd(name, value);
            }

            repeated.Add(value);
            return true;
        }
    }

    /// <summary>
    /// One name or value, decoded; null if it is not well encoded. Also the encoding of Basic credentials (RFC 6749
    /// section 2.3.1).
    /// </summary>
    internal static string? Decode(ReadOnlySpan<byte> text)
    {
        Span<byte> bytes = text.Length <= 512 ? stackalloc byte[text.Length] : new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not (byte)'%')
            {
                bytes[length++] = text[i] is (byte)'+' ? (byte)' ' : text[i];
            }
            else if (i + 2 < text.Length && char.IsAsciiHexDigit((char)text[i + 1]) && char.IsAsciiHexDigit((char)text[i + 2]))
            {
                bytes[length++] = (byte)((FromHex(text[i + 1]) << 4) | FromHex(text[i + 2]));
                i += 2;
            }
            else
            {
                return null;
            }
        }

        try
        {
            return StrictUtf8.GetString(bytes[..length]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static int FromHex(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
