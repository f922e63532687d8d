namespace Rescind.Cli.Output;

/// <summary>
/// Instants as people type them: RFC 3339 with the offset, since without one an instant is another in every time zone.
/// </summary>
internal static class Instants
{
    public const string Form = "an instant of RFC 3339 with its offset, as 2026-11-23T10:00:00Z or 2026-11-23T11:00:00+01:00";

    private static readonly string[] Readable = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static bool TryParse(string text, out DateTimeOffset instant)
    {
        instant = default;
        return (text.EndsWith('Z') || text.AsSpan(Math.Max(0, text.Length - 6)) is ['+' or '-', _, _, ':', _, _])
            && DateTimeOffset.TryParseExact(text, Readable, CultureInfo.InvariantCulture, DateTimeStyles.None, out instant);
    }

    /// <summary>RFC 3339 in UTC, without a fraction of a second.</summary>
    public static string WholeSeconds(DateTimeOffset instant) =>
        instant.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>As it is sent: RFC 3339 in UTC.</summary>
    public static string Text(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
