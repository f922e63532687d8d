using System.Globalization;
using System.Text;

namespace Rescind.Authority.Endpoints;

/// <summary>Folds spellings that a lenient reader could take for one another. For refusing only: nothing is ever accepted by it (T-24).</summary>
internal static class Spelling
{
    // More rounds than anything decodes by accident; what still changes after them is refused by being unequal to anything.
    private const int MaxDecodings = 4;

    /// <summary>Percent-decoded, compatibility-normalised, lower-case, without blanks, controls and invisible characters.</summary>
    public static string Fold(string text)
    {
        for (var i = 0; i < MaxDecodings && Uri.UnescapeDataString(text) is var decoded && decoded != text; i++)
        {
            text = decoded;
        }

        var folded = new StringBuilder(text.Length);
        foreach (var rune in Compatible(text).EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.NonSpacingMark))
            {
                folded.Append(Rune.ToLowerInvariant(rune));
            }
        }

        return folded.ToString();
    }

    /// <summary><see cref="Fold"/>, and as a URL: default port, dot segments, repeated and trailing slashes, query, fragment and user gone.</summary>
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

    private static string Compatible(string text)
    {
        try
        {
            return text.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            return text;    // half of a surrogate pair: no token can carry it
        }
    }
}
