namespace Rescind.Comparison.Reporting;

/// <summary>A part of a result as headings and rows of plain text: for the terminal, for HTML and for Markdown.</summary>
/// <param name="Title">What it is about.</param>
/// <param name="Headings">One for each column.</param>
/// <param name="Rows">One for each way.</param>
public sealed record ResultTable(string Title, IReadOnlyList<string> Headings, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    private const string None = "-";

    /// <summary>The table as Markdown.</summary>
    public string ToMarkdown() => string.Concat(
        Rows.Select(Line).Prepend("|" + string.Concat(Headings.Select(static _ => "---|"))).Prepend(Line(Headings))
            .Select(static line => line + "\n"));

    /// <summary>All tables of a result.</summary>
    public static IReadOnlyList<ResultTable> AllOf(ComparisonResult result) =>
        [Exposure(result), Cost(result), Room(result), Outage(result)];

    /// <summary>What happens to a stolen copy, and who can be logged out.</summary>
    public static ResultTable Exposure(ComparisonResult result) => new(
        "After a logout: how long a stolen copy is taken, and who can be logged out",
        ["way", "p50", "p99", "worst", "promised", "clock", "hours a day", "one device", "all", "all but this"],
        [.. result.Ways.Select(static IReadOnlyList<string> (way) =>
        [
            way.Title, Lengths.Text(way.Exposure.P50Ms), Lengths.Text(way.Exposure.P99Ms), Lengths.Text(way.Exposure.WorstMs),
            way.Exposure.AtMost, way.Exposure.ClockFactor > 1 ? Text($"{way.Exposure.ClockFactor:0} times as fast") : "real",
            Text($"{way.Exposure.HoursPerDay:0.##}"), way.Reach.One, way.Reach.All, way.Reach.Others,
        ])]);

    /// <summary>What each request pays.</summary>
    public static ResultTable Cost(ComparisonResult result) => new(
        "What each request pays",
        ["way", "latency p50", "latency p99", "processor", "cores at your rate", "calls a request", "calls a second", "code"],
        [.. result.Ways.Select(static IReadOnlyList<string> (way) =>
        [
            way.Title, Text($"{way.Cost.AddedP50Ms:0.00} ms"), Text($"{way.Cost.AddedP99Ms:0.00} ms"),
            Text($"{way.Cost.AddedCpuUs:0} us"), Text($"{way.Cost.CoresAtRate:0.000}"), Text($"{way.Cost.CallsPerRequest:0.##}"),
            Text($"{way.Cost.CallsPerSecond:0.#}"), Text($"{way.CodeLines} lines"),
        ])]);

    /// <summary>Memory and bytes.</summary>
    public static ResultTable Room(ComparisonResult result) => new(
        "What it holds",
        ["way", "application", "issuer or Authority", "store", "with each request", "built with"],
        [.. result.Ways.Select(static IReadOnlyList<string> (way) =>
        [
            way.Title, Text($"{way.Room.ApiMb:0} MB"), way.Room.ServerMb > 0 ? Text($"{way.Room.ServerMb:0} MB") : None,
            way.Room.StoreBytes > 0 ? Text($"{way.Room.StoreBytes / 1024.0:0} KB") : None, Text($"{way.Room.CredentialBytes} B"),
            way.Library,
        ])]);

    /// <summary>What happened without the store.</summary>
    public static ResultTable Outage(ComparisonResult result) => new(
        "While the store is away, and after",
        ["way", "what is away", "who is logged in", "a logout then", "served again", "who is logged out"],
        [.. result.Ways.Select(static IReadOnlyList<string> (way) => way.Outage is { } outage
            ? [
                way.Title, outage.Taken, outage.Words, outage.LogoutWhileAway,
                outage.BackAfterMs is { } back ? "after " + Lengths.Text(back) : "not within 20 s",
                outage.DeadStaysDead ? "stays out" : "is let in",
            ]
            : [way.Title, "nothing: there is no store", None, None, None, None])]);

    private static string Line(IReadOnlyList<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>Lengths of time for people.</summary>
internal static class Lengths
{
    public static string Text(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds) switch
    {
        { TotalMilliseconds: 0 } => "0",
        { TotalMilliseconds: < 10 } => FormattableString.Invariant($"{milliseconds:0.0} ms"),
        { TotalSeconds: < 1 } => FormattableString.Invariant($"{milliseconds:0} ms"),
        { TotalMinutes: < 2 } length => FormattableString.Invariant($"{length.TotalSeconds:0.#} s"),
        var length => FormattableString.Invariant($"{length.TotalMinutes:0} min"),
    };
}
