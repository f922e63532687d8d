namespace Rescind.Comparison.Reporting;

/// <summary>What the figures of a run rest on.</summary>
internal static class Notes
{
    public static IReadOnlyList<string> Of(ComparisonOptions options, IReadOnlyList<WayResult> ways, int filled)
    {
        var notes = new List<string>
        {
            "Everything ran on this machine: a network between an API and its store adds its round trip to every call.",
            "Latency and processor time are what a request costs beyond one that nobody checks, in the same process and run. The "
                + "processor time includes an issuer or an Authority, and not a database server.",
            "A figure below zero is the noise of the machine, which is as large in the others.",
            "A store call is one round trip to a database, an issuer or an Authority.",
            "While a store is away, \"no answer\" means none within 2 s: the libraries wait longer, as their defaults say.",
        };
        notes.AddRange(ways.Where(static way => way.Exposure.ClockFactor > 1).Select(static way =>
            $"{way.Title}: the token's lifetime was waited for with clocks that ran {Text(way.Exposure.ClockFactor)} times as "
            + "fast; five minutes of it are the leeway that JwtBearer grants unless it is told otherwise."));
        if (filled < options.Users)
        {
            notes.Add($"The stores held {Text(filled)} of {Text(options.Users)} people, and their bytes are those of so many.");
        }

        return notes;
    }

    private static string Text(double number) => number.ToString("0", CultureInfo.InvariantCulture);
}
