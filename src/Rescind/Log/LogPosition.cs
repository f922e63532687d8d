using System.Globalization;

namespace Rescind;

/// <summary>
/// A place in the log: microseconds since the Unix epoch, made strictly increasing by the log. It orders and never dates;
/// whatever needs a time takes <see cref="LogEntry.At"/>. The default is before every entry.
/// </summary>
/// <param name="Value">The number; at most <see cref="MaxValue"/>, so it fits a JSON number exactly.</param>
public readonly record struct LogPosition(long Value) : IComparable<LogPosition>
{
    /// <summary>The largest integer that every JSON reader keeps exact: 2^53 - 1.</summary>
    public const long MaxValue = 9007199254740991;

    private const string IdPrefix = "rv_";

    /// <summary>The position of the entry that follows this one in a log whose clock shows <paramref name="now"/>.</summary>
    public LogPosition Next(DateTimeOffset now) =>
        new(Math.Max(Value + 1, (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond));

    /// <summary>The explanation id of the revocation at this position: <c>rv_</c> and the number.</summary>
    public string ToRevocationId() => IdPrefix + ToString();

    /// <summary>Reads an explanation id; false for anything but <c>rv_</c> and a canonical positive number.</summary>
    public static bool TryParseRevocationId([NotNullWhen(true)] string? id, out LogPosition position)
    {
        position = default;
        return id is not null && id.StartsWith(IdPrefix, StringComparison.Ordinal)
            && TryParse(id.AsSpan(IdPrefix.Length), out position)
            && position.Value > 0;
    }

    /// <summary>
    /// Reads a position as it stands on the wire: ASCII digits only, no sign, no leading zero, at most <see cref="MaxValue"/>.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out LogPosition position)
    {
        position = default;
        if (text.Length is 0 or > 16 || (text.Length > 1 && text[0] == '0')
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > MaxValue)
        {
            return false;
        }

        position = new(value);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(LogPosition other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether <paramref name="left"/> is before <paramref name="right"/>.</summary>
    public static bool operator <(LogPosition left, LogPosition right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> is after <paramref name="right"/>.</summary>
    public static bool operator >(LogPosition left, LogPosition right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> is not after <paramref name="right"/>.</summary>
    public static bool operator <=(LogPosition left, LogPosition right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> is not before <paramref name="right"/>.</summary>
    public static bool operator >=(LogPosition left, LogPosition right) => left.Value >= right.Value;
}
