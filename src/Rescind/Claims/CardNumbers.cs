namespace Rescind;

/// <summary>
/// Numbers of payment cards: length and first digits of an issuer of cards (ISO/IEC 7812), and Luhn's check digit.
/// </summary>
internal static class CardNumbers
{
    private const int Longest = 16;
    private const int LeastGroup = 4;

    public static bool AreIn(ReadOnlySpan<char> text)
    {
        for (var start = 0; start < text.Length; start++)
        {
            if (!char.IsAsciiDigit(text[start]))
            {
                continue;
            }

            var end = EndOfRun(text, start);
            if (StandsAlone(text, start, end) && IsCard(text[start..end]))
            {
                return true;
            }

            start = end;
        }

        return false;
    }

    // Digits, with single blanks or dashes between them.
    private static int EndOfRun(ReadOnlySpan<char> text, int start)
    {
        var end = start + 1;
        while (end < text.Length)
        {
            if (char.IsAsciiDigit(text[end]))
            {
                end++;
            }
            else if (text[end] is ' ' or '-' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1]))
            {
                end += 2;
            }
            else
            {
                break;
            }
        }

        return end;
    }

    // Not part of a longer id, of a UUID or of a decimal number.
    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int end) =>
        (start == 0 || !IsJoined(text[start - 1]))
        && (end == text.Length || !IsJoined(text[end]) || (text[end] == '.' && end + 1 == text.Length));

    private static bool IsJoined(char c) => char.IsLetterOrDigit(c) || c is '-' or '_' or '.';

    private static bool IsCard(ReadOnlySpan<char> run)
    {
        Span<char> digits = stackalloc char[Longest];
        var (count, group) = (0, 0);
        foreach (var c in run)
        {
            if (!char.IsAsciiDigit(c))
            {
                if (group < LeastGroup)
                {
                    return false;
                }

                group = 0;
            }
            else if (count == Longest)
            {
                return false;
            }
            else
            {
                digits[count++] = c;
                group++;
            }
        }

        return group >= LeastGroup && IsIssued(digits[..count]) && Luhn(digits[..count]);
    }

    private static bool IsIssued(ReadOnlySpan<char> digits)
    {
        if (digits.Length < 14)
        {
            return false;
        }

        var first = int.Parse(digits[..4], System.Globalization.CultureInfo.InvariantCulture);
        return (digits.Length, first) switch
        {
            (16, >= 4000 and < 5000) => true,                                                   // Visa
            (16, (>= 5100 and < 5600) or (>= 2221 and <= 2720)) => true,                        // Mastercard
            (15, (>= 3400 and < 3500) or (>= 3700 and < 3800)) => true,                         // American Express
            (16, 6011 or (>= 6440 and < 6600) or (>= 6200 and < 6300)) => true,                 // Discover, UnionPay
            (16, >= 3528 and < 3590) => true,                                                   // JCB
            (14, (>= 3000 and < 3060) or (>= 3600 and < 3700) or (>= 3800 and < 4000)) => true, // Diners Club
            _ => false,
        };
    }

    private static bool Luhn(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            digit = i % 2 == 1 ? digit * 2 : digit;
            sum += digit > 9 ? digit - 9 : digit;
        }

        return sum % 10 == 0;
    }
}
