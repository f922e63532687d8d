namespace Rescind.Cli.Output;

/// <summary>Instants and lengths of time as people say them.</summary>
internal static class TimeText
{
    /// <summary><c>2026-11-23 10:00:00Z, 3 min ago</c>; a number that is no instant stays a number.</summary>
    public static string Instant(double unixSeconds, DateTimeOffset now)
    {
        const double FirstSecond = -62_135_596_800;
        const double LastSecond = 253_402_300_799;
        if (unixSeconds is not (>= FirstSecond and <= LastSecond))
        {
            return unixSeconds.ToString(CultureInfo.InvariantCulture);
        }

        var instant = DateTimeOffset.FromUnixTimeSeconds((long)Math.Floor(unixSeconds));
        return $"{instant:yyyy-MM-dd HH:mm:ss}Z, {Ago(instant, now)}";
    }

    /// <summary>The RFC 3339 instant of an answer, seen from now: <c>3 min ago</c>.</summary>
    public static string Ago(JsonNode? instant, DateTimeOffset now) =>
        instant is JsonValue value && value.TryGetValue(out string? text)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)
            ? Ago(parsed, now)
            : "-";

    /// <summary><c>now</c>, <c>3 min ago</c> or <c>in 2 h</c>.</summary>
    public static string Ago(DateTimeOffset instant, DateTimeOffset now)
    {
        var difference = now - instant;
        return Math.Abs(difference.TotalSeconds) < 1 ? "now"
            : difference > TimeSpan.Zero ? $"{Length(difference)} ago"
            : $"in {Length(-difference)}";
    }

    /// <summary>A length in its one or two largest units: <c>250 ms</c>, <c>4 min 12 s</c>, <c>3 d 2 h</c>.</summary>
    public static string Length(TimeSpan length) => length switch
    {
        { TotalSeconds: < 1 } => Invariant($"{length.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 10 } => Invariant($"{length.TotalSeconds:0.#} s"),
        { TotalMinutes: < 1 } => Invariant($"{length.TotalSeconds:0} s"),
        { TotalHours: < 1 } => Two(length.Minutes, "min", length.Seconds, "s"),
        { TotalDays: < 1 } => Two(length.Hours, "h", length.Minutes, "min"),
        _ => Two(length.Days, "d", length.Hours, "h"),
    };

    private static string Two(int large, string largeUnit, int small, string smallUnit) =>
        small == 0 ? Invariant($"{large} {largeUnit}") : Invariant($"{large} {largeUnit} {small} {smallUnit}");

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
