using System.Globalization;

namespace Rescind;

/// <summary>Takes typed values out of a claim table and remembers whether any was missing or of the wrong type.</summary>
internal sealed class ClaimReader(ClaimTable claims)
{
    public bool Failed { get; private set; }

    /// <summary>
    /// An identifier: a string of 1 to <see cref="Match.MaxValueBytes"/> bytes; a number is refused, never taken
    /// through a double (T-16). An empty name stands for what the issuer's tokens do not carry.
    /// </summary>
    public string? Id(string name, bool required = false)
    {
        if (name.Length == 0 || !claims.TryFind(name, out var value))
        {
            return Missing<string>(required);
        }

        var text = value.ValueKind is JsonValueKind.String ? value.GetString() : null;
        return string.IsNullOrEmpty(text) || Encoding.UTF8.GetByteCount(text) > Match.MaxValueBytes
            ? Missing<string>(true)
            : text;
    }

    /// <summary>A NumericDate: a finite number from 0 to the year 9999, floored once (JWT-8, T-2).</summary>
    public long? Date(string name, bool required = false)
    {
        if (!claims.TryFind(name, out var value))
        {
            Failed |= required;
            return null;
        }

        if (value.ValueKind is JsonValueKind.Number && NumericDate.TryFloor(value.GetRawText(), out var seconds))
        {
            return seconds;
        }

        Failed = true;
        return null;
    }

    /// <summary>A position: an integer as the log writes it, or nothing, which counts as the beginning.</summary>
    public LogPosition Position(string name)
    {
        if (!claims.TryFind(name, out var value))
        {
            return default;
        }

        var isPosition = value.ValueKind is JsonValueKind.Number & LogPosition.TryParse(value.GetRawText(), out var position);
        Failed |= !isPosition;
        return position;
    }

    /// <summary>A string or an array of strings.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (!claims.TryFind(name, out var value))
        {
            return [];
        }

        JsonElement[] elements = value.ValueKind is JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        Failed |= elements.Any(element => element.ValueKind is not JsonValueKind.String);
        return Failed ? [] : [.. elements.Select(element => element.GetString()!)];
    }

    private T? Missing<T>(bool refused)
        where T : class
    {
        Failed |= refused;
        return null;
    }
}

/// <summary>RFC 7519 NumericDate, exactly: no double is involved, so nothing is rounded up into another second.</summary>
internal static class NumericDate
{
    public static bool TryFloor(string number, out long seconds)
    {
        seconds = 0;
        var exponentAt = number.AsSpan().IndexOfAny('e', 'E');
        var mantissa = exponentAt < 0 ? number.AsSpan() : number.AsSpan(0, exponentAt);
        var power = exponentAt < 0 ? "0" : number.AsSpan(exponentAt + 1);
        if (mantissa[0] == '-'
            || !int.TryParse(power, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent))
        {
            return false;
        }

        var point = mantissa.IndexOf('.');
        var digits = point < 0 ? mantissa.ToString() : string.Concat(mantissa[..point], mantissa[(point + 1)..]);
        return TryTake(digits, (long)(point < 0 ? mantissa.Length : point) + exponent, out seconds);
    }

    // The first `whole` digits are the integer part; digits that are not there are zeros.
    private static bool TryTake(ReadOnlySpan<char> digits, long whole, out long seconds)
    {
        var zeros = digits.IndexOfAnyExcept('0');
        seconds = 0;
        if (zeros < 0 || whole <= zeros)
        {
            return true;
        }

        digits = digits[zeros..];
        whole -= zeros;
        if (whole > 12)
        {
            return false;
        }

        for (var i = 0; i < whole; i++)
        {
            seconds = (seconds * 10) + (i < digits.Length ? digits[i] - '0' : 0);
        }

        return seconds <= TokenFacts.MaxDate;
    }
}
