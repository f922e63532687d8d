using System.Text;
using System.Text.Encodings.Web;

namespace Rescind.Comparison.Reporting;

/// <summary>A comparison as one HTML page that needs nothing from anywhere: no script, no font, no network.</summary>
public static class Report
{
    internal const string OurTitle = "Rescind";

    private const string Style = """
        :root { color-scheme: light dark; }
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
        table { border-collapse: collapse; width: 100%; font-size: 0.875rem; }
        th, td { text-align: left; padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid #8886; vertical-align: top; }
        .wide { overflow-x: auto; }
        figure { margin: 1.5rem 0; } figcaption { font-weight: 600; }
        svg { width: 100%; height: auto; } svg text { font: 13px system-ui, sans-serif; fill: currentColor; }
        .bar { fill: #6b7a90; } .ours { fill: #0a7d55; }
        @media (prefers-color-scheme: dark) { .bar { fill: #8fa0b8; } .ours { fill: #3fce96; } }
        """;

    /// <summary>The page.</summary>
    public static string Write(ComparisonResult result)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.Append("<title>Ways to log somebody out</title>");
        page.Append(CultureInfo.InvariantCulture, $"<style>{Style}</style></head><body><main><h1>Ways to log somebody out</h1>");
        page.Append(CultureInfo.InvariantCulture, $"<p>{Plain(Asked(result))}</p>");
        page.Append("<h2>After a logout</h2>").Append(Exposure(result)).Append(Table(ResultTable.Exposure(result)));
        page.Append("<h2>What each request pays</h2>").Append(Processor(result)).Append(Latency(result)).Append(Calls(result));
        page.Append(Table(ResultTable.Cost(result)));
        page.Append("<h2>What it holds</h2>").Append(Table(ResultTable.Room(result)));
        page.Append("<h2>While the store is away, and after</h2>").Append(Table(ResultTable.Outage(result)));
        page.Append("<h2>What the figures rest on</h2><ul>");
        foreach (var note in result.Notes)
        {
            page.Append(CultureInfo.InvariantCulture, $"<li>{Plain(note)}</li>");
        }

        return page.Append("</ul></main></body></html>\n").ToString();
    }

    private static string Asked(ComparisonResult result) =>
        Text($"{result.Asked.Users} people, {result.Asked.RequestsPerSecond} requests a second, ")
        + Text($"{result.Asked.LogoutsPerDay} logouts a day, tokens of {result.Asked.TokenLifetimeSeconds / 60.0:0.#} minutes. ")
        + Text($"Measured on {result.Date} with {result.Machine.Cores} cores, {result.Machine.System}, ")
        + $"{result.Machine.Runtime}.";

    private static string Exposure(ComparisonResult result) => Plot(
        result, "How long a stolen copy is taken after the logout, at worst (logarithmic)",
        static way => way.Exposure.WorstMs, static way => Lengths.Text(way.Exposure.WorstMs), isLogarithmic: true);

    private static string Processor(ComparisonResult result) => Plot(
        result, "Processor time of each request, in microseconds beyond an unchecked one",
        static way => way.Cost.AddedCpuUs, static way => Text($"{way.Cost.AddedCpuUs:0} us"));

    private static string Latency(ComparisonResult result) => Plot(
        result, "Latency of each request, in milliseconds beyond an unchecked one (p50)",
        static way => way.Cost.AddedP50Ms, static way => Text($"{way.Cost.AddedP50Ms:0.00} ms"));

    private static string Calls(ComparisonResult result) => Plot(
        result, "Calls of the store in a second, at your rate of requests",
        static way => way.Cost.CallsPerSecond, static way => Text($"{way.Cost.CallsPerSecond:0.#}"));

    private static string Plot(
        ComparisonResult result, string title, Func<WayResult, double> value, Func<WayResult, string> text,
        bool isLogarithmic = false)
    {
        var bars = new Bars(title, isLogarithmic);
        foreach (var way in result.Ways)
        {
            bars.Add(way.Title, value(way), text(way));
        }

        return bars.Draw();
    }

    private static string Table(ResultTable table)
    {
        var html = new StringBuilder("<div class=\"wide\"><table><thead><tr>");
        foreach (var heading in table.Headings)
        {
            html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\">{Plain(heading)}</th>");
        }

        html.Append("</tr></thead><tbody>");
        foreach (var row in table.Rows)
        {
            html.Append("<tr>").AppendJoin("", row.Select(static cell => $"<td>{Plain(cell)}</td>")).Append("</tr>");
        }

        return html.Append("</tbody></table></div>").ToString();
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static string Plain(string text) => HtmlEncoder.Default.Encode(text);
}
