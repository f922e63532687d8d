namespace Rescind.Cli.Output;

/// <summary>Lengths of time as people type them.</summary>
internal static class Lengths
{
    private const long MaxSeconds = 10L * 366 * 24 * 3600;

    /// <summary><c>90s</c>, <c>15m</c>, <c>2h</c>, <c>7d</c>; a number alone is seconds. Up to ten years.</summary>
    public static bool TryParse(string text, out TimeSpan length)
    {
        var unit = text.Length > 0 ? text[^1] : '\0';
        long? seconds = unit switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 24 * 3600,
            >= '0' and <= '9' => 1,
            _ => null,
        };
        var digits = char.IsAsciiDigit(unit) ? text : text[..Math.Max(0, text.Length - 1)];
        var fits = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= MaxSeconds / (seconds ?? 1);
        length = fits && seconds is { } each ? TimeSpan.FromSeconds(number * each) : default;
        return fits && seconds is not null;
    }

    /// <summary>The same in whole seconds, or a usage error that names <paramref name="option"/>.</summary>
    public static long? Seconds(string? text, string option) =>
        text is null ? null
        : TryParse(text, out var length) ? (long)length.TotalSeconds
        : throw new VerbFailure(ExitCode.Usage, $"{option} must be a length of time.", next: "Write 90s, 15m, 2h or 7d.");
}
