namespace Rescind.Authority.Syntax;

/// <summary>
/// Folds spellings that a lenient reader could take for one another. For refusing only: nothing is ever accepted by it (T-24).
/// </summary>
internal static class TextFolding
{
    // Further than any reader decodes; bounded, because a text that is all percent signs shrinks slowly.
    private const int MaxDecodings = 4;

    /// <summary>
    /// Percent-decoded, narrow, lower-case, without blanks, controls, combining marks and invisible characters.
    /// </summary>
    public static string Fold(string text)
    {
        text = Decode(text);
        var folded = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (
                UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator
                    or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.NonSpacingMark))
            {
                folded.Append(Rune.ToLowerInvariant(rune));
            }
        }

        return folded.ToString();
    }

    /// <summary>
    /// <see cref="Fold"/>, and as a URL: default port, dot segments, repeated and trailing slashes, query, fragment and
    /// user gone.
    /// </summary>
    public static string FoldUrl(string text)
    {
        var folded = Fold(text).Replace('\\', '/');
        if (!Uri.TryCreate(folded, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            return folded.TrimEnd('/', '.');
        }

        var path = string.Join('/', url.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries));
        return $"{url.Scheme}://{url.IdnHost.TrimEnd('.')}{(url.IsDefaultPort ? "" : ":" + url.Port)}/{path}";
    }

    /// <summary>The names of a list, each by <see cref="Fold"/>, whatever a lenient reader takes for the separator.</summary>
    public static IEnumerable<string> FoldList(string text) =>
        string.Concat(Decode(text).Select(c => char.IsWhiteSpace(c) || c is ',' or ';' or '+' or '|' ? ' ' : c)).Split(' ')
            .Select(Fold);

    // Alternately, because either may bring a percent sign to light for the other.
    private static string Decode(string text)
    {
        for (var i = 0; i < MaxDecodings && string.Concat(Uri.UnescapeDataString(text).Select(Narrow)) is var decoded
            && decoded != text; i++)
        {
            text = decoded;
        }

        return text;
    }

    // The wide forms of ASCII, by arithmetic: string.Normalize does nothing in a program without culture data, and ours has none.
    private static char Narrow(char c) => c is >= '\uff01' and <= '\uff5e' ? (char)(c - 0xfee0) : c;
}
