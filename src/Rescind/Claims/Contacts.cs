namespace Rescind;

/// <summary>E-mail addresses and telephone numbers.</summary>
internal static class Contacts
{
    private const int LongestLocalPart = 64;

    /// <summary>An address as people have them: a name, a host with a point, a last part of letters (RFC 5321, 6531).</summary>
    public static bool IsEmail(ReadOnlySpan<char> word)
    {
        var at = word.IndexOf('@');
        if (at <= 0 || word[(at + 1)..].Contains('@'))
        {
            return false;
        }

        // mailto:, acct: and their like before it, ?subject= behind it.
        var local = word[(word[..at].LastIndexOf(':') + 1)..at];
        var host = word[(at + 1)..];
        var query = host.IndexOf('?');
        return IsLocalPart(local) && IsHost(query < 0 ? host : host[..query]);
    }

    /// <summary>
    /// A number in the international form of E.164: a plus sign, 8 to 15 digits, and nothing but what stands between digits.
    /// </summary>
    public static bool IsPhone(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        text = text.StartsWith("tel:", StringComparison.OrdinalIgnoreCase) ? text[4..] : text;
        if (text.Length is < 9 or > 32 || text[0] != '+' || text[1] is < '1' or > '9')
        {
            return false;
        }

        var digits = 0;
        foreach (var c in text[1..])
        {
            digits += char.IsAsciiDigit(c) ? 1 : 0;
            if (!char.IsAsciiDigit(c) && c is not (' ' or '-' or '.' or '(' or ')' or '/'))
            {
                return false;
            }
        }

        return digits is >= 8 and <= 15;
    }

    private static bool IsLocalPart(ReadOnlySpan<char> local)
    {
        foreach (var c in local)
        {
            if (!char.IsLetterOrDigit(c) && !"._%+-!#$*^~".Contains(c))
            {
                return false;
            }
        }

        return local.Length is > 0 and <= LongestLocalPart;
    }

    private static bool IsHost(ReadOnlySpan<char> host)
    {
        var last = host[(host.LastIndexOf('.') + 1)..];
        if (last.Length < 2 || last.Length == host.Length)
        {
            return false;
        }

        foreach (var c in last)
        {
            if (!char.IsLetter(c))
            {
                return false;
            }
        }

        foreach (var label in host.Split('.'))
        {
            if (!IsLabel(host[label]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsLabel(ReadOnlySpan<char> label)
    {
        foreach (var c in label)
        {
            if (!char.IsLetterOrDigit(c) && c != '-')
            {
                return false;
            }
        }

        return label.Length is > 0 and <= 63;
    }
}
