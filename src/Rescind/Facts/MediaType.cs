namespace Rescind;

/// <summary>
/// Compares <c>typ</c> values as media types: case-insensitively, with <c>application/</c> implied (AT-1, BCP-16). An
/// empty one is expected where an issuer's record says that its tokens carry none (T-30).
/// </summary>
internal static class MediaType
{
    private const string Implied = "application/";

    public static bool AreSame(string expected, string? actual) =>
        actual is null ? expected.Length == 0 : Subtype(expected).Equals(Subtype(actual), StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> Subtype(string type) =>
        type.StartsWith(Implied, StringComparison.OrdinalIgnoreCase) && !type.AsSpan(Implied.Length).Contains('/')
            ? type.AsSpan(Implied.Length)
            : type;
}
