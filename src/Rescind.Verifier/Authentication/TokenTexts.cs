using System.Diagnostics.CodeAnalysis;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// Compares tokens by every character. Hashes their end alone, where the signature is: only genuine tokens are kept, and
/// signatures of two of them end alike only by chance.
/// </summary>
internal sealed class TokenTexts : IEqualityComparer<string>
{
    private const int Hashed = 32;

    public static readonly TokenTexts Comparer = new();

    public bool Equals(string? one, string? other) => string.Equals(one, other, StringComparison.Ordinal);

    public int GetHashCode([DisallowNull] string text) =>
        string.GetHashCode(text.AsSpan(Math.Max(0, text.Length - Hashed)), StringComparison.Ordinal);
}
