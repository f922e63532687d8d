using System.Globalization;

namespace Rescind;

/// <summary>
/// Numbers by which a state knows a person, where form and check digits tell them from any other: those of Brazil,
/// Finland, France, Italy and Switzerland. Numbers without strong check digits, as the United States' and Spain's,
/// could be any id, and are found by the claim's name alone.
/// </summary>
internal static class NationalIds
{
    public static bool IsOne(ReadOnlySpan<char> word) => word.Length switch
    {
        11 => IsFinnish(word),
        14 => IsBrazilian(word),
        15 => IsFrench(word),
        16 => word[3] == '.' ? IsSwiss(word) : IsItalian(word),
        _ => false,
    };

    // AHV/AVS: 756.dddd.dddd.dd, the last digit as in EAN-13.
    private static bool IsSwiss(ReadOnlySpan<char> word)
    {
        if (!word.StartsWith("756.", StringComparison.Ordinal) || !HasForm(word, "ddd.dddd.dddd.dd"))
        {
            return false;
        }

        var (sum, place) = (0, 0);
        foreach (var c in word)
        {
            sum += char.IsAsciiDigit(c) ? (c - '0') * (place++ % 2 == 0 ? 1 : 3) : 0;
        }

        return sum % 10 == 0;
    }

    // CPF: ddd.ddd.ddd-dd, two digits modulo 11; all digits the same is none.
    private static bool IsBrazilian(ReadOnlySpan<char> word)
    {
        if (!HasForm(word, "ddd.ddd.ddd-dd"))
        {
            return false;
        }

        Span<char> digits = [.. word[..3], .. word[4..7], .. word[8..11], .. word[12..]];
        return digits.ContainsAnyExcept(digits[0]) && CheckOf(digits[..9]) == digits[9] && CheckOf(digits[..10]) == digits[10];

        static int CheckOf(ReadOnlySpan<char> digits)
        {
            var sum = 0;
            for (var i = 0; i < digits.Length; i++)
            {
                sum += (digits[i] - '0') * (digits.Length + 1 - i);
            }

            return '0' + (sum * 10 % 11 % 10);
        }
    }

    // NIR: sex, year, month, place and order, and 97 less the rest modulo 97.
    private static bool IsFrench(ReadOnlySpan<char> word) =>
        HasForm(word, "ddddddddddddddd") && word[0] is '1' or '2' && Number(word[3..5]) is >= 1 and <= 12
        && 97 - (Number(word[..13]) % 97) == Number(word[13..]);

    // HETU: day, month, year, century, order, and a character modulo 31.
    private static bool IsFinnish(ReadOnlySpan<char> word) =>
        HasForm(word, "dddddd*ddd*") && "+-ABCDEFUVWXY".Contains(word[6])
        && Number(word[..2]) is >= 1 and <= 31 && Number(word[2..4]) is >= 1 and <= 12
        && "0123456789ABCDEFHJKLMNPRSTUVWXY"[(int)(((Number(word[..6]) * 1000) + Number(word[7..10])) % 31)] == word[10];

    // Codice fiscale: six letters, year, month, day, place, and a letter modulo 26.
    private static bool IsItalian(ReadOnlySpan<char> word)
    {
        const string Odd = "BAKPLCQDREVOSFTGUHMINJWZYX";
        if (!HasForm(word, "AAAAAAddAddAdddA") || !"ABCDEHLMPRST".Contains(word[8]))
        {
            return false;
        }

        var sum = 0;
        for (var i = 0; i < 15; i++)
        {
            var value = char.IsAsciiDigit(word[i]) ? word[i] - '0' : word[i] - 'A';
            sum += i % 2 == 0 ? Odd.IndexOf((char)('A' + value)) : value;
        }

        return word[15] == 'A' + (sum % 26);
    }

    // d: a digit; A: a capital letter; *: anything; the rest: itself.
    private static bool HasForm(ReadOnlySpan<char> word, string form)
    {
        for (var i = 0; i < form.Length; i++)
        {
            var fits = form[i] switch
            {
                'd' => char.IsAsciiDigit(word[i]),
                'A' => char.IsAsciiLetterUpper(word[i]),
                '*' => true,
                var c => c == word[i],
            };
            if (!fits)
            {
                return false;
            }
        }

        return word.Length == form.Length;
    }

    private static long Number(ReadOnlySpan<char> digits) => long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
}
