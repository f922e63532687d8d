namespace Rescind;

/// <summary>Compares <c>typ</c> values as media types: case-insensitively, with <c>application/</c> implied (AT-1, BCP-16).</summary>
internal static class MediaType
{
    private const string Implied = "application/";

    public static bool AreSame(string expected, string? actual) =>
        actual is not null && Subtype(expected).Equals(Subtype(actual), StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> Subtype(string type) =>
        type.StartsWith(Implied, StringComparison.OrdinalIgnoreCase) && !type.AsSpan(Implied.Length).Contains('/')
            ? type.AsSpan(Implied.Length)
            : type;
}
