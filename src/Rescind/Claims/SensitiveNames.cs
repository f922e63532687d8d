using System.Collections.Frozen;

namespace Rescind;

/// <summary>
/// Names that say that their claim is secret or personal, in any usual spelling: <c>db_password</c>, <c>clientSecret</c>.
/// </summary>
internal static class SensitiveNames
{
    private static readonly FrozenSet<string> Whole = FrozenSet.ToFrozenSet(
        [
            "pwd", "pin", "pincode", "ssn", "socialsecurity", "socialsecuritynumber", "nationalid", "passportnumber",
            "cardnumber", "creditcard", "creditcardnumber", "cvv", "cvc", "accesstoken", "refreshtoken", "idtoken",
            "sessiontoken", "securityanswer",
        ],
        StringComparer.Ordinal);

    // Only at the end: password_changed_at and secret_santa are about something else.
    private static readonly string[] Endings =
        [
            "password", "passwd", "passphrase", "passwordhash", "secret", "apikey", "privatekey", "secretkey", "accesskey",
            "encryptionkey",
        ];

    public static bool Contains(string name)
    {
        Span<char> folded = stackalloc char[64];
        var length = 0;
        foreach (var c in name)
        {
            if (c is '_' or '-' or '.' or ' ' or ':' or '/')
            {
                continue;
            }

            if (length == folded.Length)
            {
                return false;
            }

            folded[length++] = char.ToLowerInvariant(c);
        }

        return IsOne(folded[..length]);
    }

    private static bool IsOne(ReadOnlySpan<char> folded)
    {
        if (Whole.GetAlternateLookup<ReadOnlySpan<char>>().Contains(folded))
        {
            return true;
        }

        foreach (var ending in Endings)
        {
            if (folded.EndsWith(ending, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
