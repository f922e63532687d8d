namespace Rescind;

/// <summary>
/// Keys that announce themselves by a prefix, so that scanners find them; random behind it, so that words are not taken for them.
/// </summary>
internal static class ApiKeys
{
    private const int LeastDifferent = 10;

    // The least length behind the prefix, and whether dashes, points and underscores may stand there.
    private static readonly (string Prefix, int Least, bool Joined)[] Known =
    [
        ("rt_", 40, true),
        ("sk_live_", 16, false), ("sk_test_", 16, false), ("rk_live_", 16, false), ("rk_test_", 16, false),
        ("sk_", 24, false), ("sk-", 20, true), ("whsec_", 24, false),
        ("AKIA", 16, false), ("ASIA", 16, false), ("AIza", 35, true),
        ("ghp_", 36, false), ("gho_", 36, false), ("ghu_", 36, false), ("ghs_", 36, false), ("ghr_", 36, false),
        ("github_pat_", 22, true), ("glpat-", 20, true), ("npm_", 36, false), ("pypi-", 40, true), ("hf_", 30, false),
        ("dop_v1_", 64, false), ("xoxb-", 20, true), ("xoxp-", 20, true), ("xapp-", 20, true), ("SG.", 40, true),
        ("shpat_", 32, false),
    ];

    public static bool IsOne(ReadOnlySpan<char> word)
    {
        foreach (var (prefix, least, joined) in Known)
        {
            if (word.StartsWith(prefix, StringComparison.Ordinal) && word.Length >= prefix.Length + least
                && IsRandom(word[prefix.Length..], joined))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsRandom(ReadOnlySpan<char> text, bool joined)
    {
        var (seen, digits, letters) = (UInt128.Zero, 0, 0);
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !(joined && c is '-' or '_' or '.'))
            {
                return false;
            }

            seen |= UInt128.One << c;
            digits += char.IsAsciiDigit(c) ? 1 : 0;
            letters += char.IsAsciiLetter(c) ? 1 : 0;
        }

        return digits > 0 && letters > 0 && UInt128.PopCount(seen) >= LeastDifferent;
    }
}
