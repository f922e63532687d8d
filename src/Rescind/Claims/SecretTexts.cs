using System.Buffers;

namespace Rescind;

/// <summary>Keys, tokens and passwords, by the forms that programs give them.</summary>
internal static class SecretTexts
{
    private const int LeastToken = 20;
    private const int LeastHash = 20;

    private static readonly SearchValues<char> OfTokens =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    // The formats of crypt(3), LDAP, Django and Werkzeug.
    private static readonly string[] Hashes =
        [
            "$2a$", "$2b$", "$2y$", "$argon2", "$pbkdf2", "$scrypt$", "$5$", "$6$", "$7$", "$y$", "{SSHA", "{PBKDF2",
            "pbkdf2_sha", "pbkdf2:sha",
        ];

    private static readonly string[] Assignments = ["password=", "pwd="];

    /// <summary>PEM of any kind (RFC 7468), and PuTTY's own.</summary>
    public static bool IsPrivateKey(ReadOnlySpan<char> text) =>
        text.Contains("PRIVATE KEY-----", StringComparison.Ordinal)
        || text.Contains("PuTTY-User-Key-File-", StringComparison.Ordinal);

    /// <summary>A signed or encrypted JWT in its compact form.</summary>
    public static bool IsToken(ReadOnlySpan<char> word) =>
        word.Length >= LeastToken && word.StartsWith("eyJ", StringComparison.Ordinal) && !word.ContainsAnyExcept(OfTokens)
        && word.Count('.') is 2 or 4;

    /// <summary>A password hash, or a connection string with a password.</summary>
    public static bool HoldsPassword(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        foreach (var hash in Hashes)
        {
            if (text.Length >= LeastHash && text.StartsWith(hash, StringComparison.Ordinal))
            {
                return true;
            }
        }

        foreach (var assignment in Assignments)
        {
            if (Assigns(text, assignment))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A URL with a password before its host.</summary>
    public static bool IsUrlWithPassword(ReadOnlySpan<char> word)
    {
        var scheme = word.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0)
        {
            return false;
        }

        var authority = word[(scheme + 3)..];
        var end = authority.IndexOfAny('/', '?', '#');
        authority = end < 0 ? authority : authority[..end];
        var user = authority[..Math.Max(0, authority.LastIndexOf('@'))];
        var colon = user.IndexOf(':');
        return colon >= 0 && colon < user.Length - 1;
    }

    // At the beginning of a part, and with something behind it.
    private static bool Assigns(ReadOnlySpan<char> text, string assignment)
    {
        for (var at = text.IndexOf(assignment, StringComparison.OrdinalIgnoreCase); at >= 0;)
        {
            var after = at + assignment.Length;
            if ((at == 0 || text[at - 1] is ';' or '&' or '?' or ',' or ' ') && after < text.Length
                && text[after] is not (';' or '&' or ',' or ' '))
            {
                return true;
            }

            var next = text[after..].IndexOf(assignment, StringComparison.OrdinalIgnoreCase);
            at = next < 0 ? -1 : after + next;
        }

        return false;
    }
}
