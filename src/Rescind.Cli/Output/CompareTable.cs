using Rescind.Comparison;
using Spectre.Console;

namespace Rescind.Cli.Output;

/// <summary>A comparison at the terminal.</summary>
internal static class CompareTable
{
    public static void Show(Screen screen, ComparisonResult result)
    {
        screen.Line("\n[bold]After a logout: how long a stolen copy is taken[/]");
        var exposure = Views.Table("way", "p50", "p99", "worst", "promised", "clock", "one device", "all", "all but this");
        foreach (var way in result.Ways)
        {
            var (seen, reach) = (way.Exposure, way.Reach);
            exposure.AddRow(
                Screen.Plain(way.Title), Length(seen.P50Ms), Length(seen.P99Ms), Length(seen.WorstMs), Screen.Plain(seen.AtMost),
                seen.ClockFactor > 1 ? Text($"{seen.ClockFactor:0} times as fast") : "real", reach.One, reach.All, reach.Others);
        }

        screen.Show(exposure);
        screen.Line("\n[bold]What each request pays[/]");
        var cost = Views.Table(
            "way", "latency p50", "p99", "processor", "calls a request", "calls a second", "API", "server", "store",
            "token", "code");
        foreach (var way in result.Ways)
        {
            var (paid, room) = (way.Cost, way.Room);
            cost.AddRow(
                Screen.Plain(way.Title), Text($"+{paid.AddedP50Ms:0.00} ms"), Text($"+{paid.AddedP99Ms:0.00} ms"),
                Text($"+{paid.AddedCpuUs:0} us"), Text($"{paid.CallsPerRequest:0.##}"), Text($"{paid.CallsPerSecond:0.#}"),
                Text($"{room.ApiMb:0} MB"), room.ServerMb > 0 ? Text($"{room.ServerMb:0} MB") : "-",
                room.StoreBytes > 0 ? Text($"{room.StoreBytes / 1024.0:0} KB") : "-", Text($"{room.CredentialBytes} B"),
                Text($"{way.CodeLines} lines"));
        }

        screen.Show(cost);
        screen.Line("\n[bold]While the store is away, and after[/]");
        var outage = Views.Table("way", "taken away", "those who are in", "a logout then", "served again", "the logged out");
        foreach (var way in result.Ways)
        {
            outage.AddRow(
                Screen.Plain(way.Title), way.Outage?.Taken ?? "-", Screen.Plain(way.Outage?.Words ?? "there is none"),
                way.Outage?.LogoutWhileAway ?? "-", way.Outage?.BackAfterMs is { } back ? "after " + Length(back) : "-",
                way.Outage is null ? "-" : way.Outage.DeadStaysDead ? "stay out" : "are let in");
        }

        screen.Show(outage);
        foreach (var note in result.Notes)
        {
            screen.Line(Screen.Plain(note));
        }
    }

    private static string Length(double milliseconds) =>
        milliseconds is > 0 and < 10 ? Text($"{milliseconds:0.0} ms") : TimeText.Length(TimeSpan.FromMilliseconds(milliseconds));

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
