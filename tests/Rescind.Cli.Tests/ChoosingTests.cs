using System.Text;
using Rescind.Cli.Tests.Support;
using Rescind.Comparison;
using Rescind.Comparison.Reporting;

namespace Rescind.Cli.Tests;

/// <summary>docs/guide/choosing.md quotes the committed run, and claims nothing that it does not show.</summary>
public sealed class ChoosingTests
{
    private const string Begin = "<!-- quote of bench/results/compare.json -->\n";
    private const string End = "<!-- end of the quote -->\n";

    private static readonly string PagePath = Path.Combine(Places.Root, "docs", "guide", "choosing.md");

    private static readonly ComparisonResult Committed =
        ComparisonJson.Read(File.ReadAllText(Path.Combine(Places.Root, "bench", "results", "compare.json")));

    /// <summary>With RESCIND_QUOTE=1 the page is written anew first.</summary>
    [Fact]
    public void The_page_quotes_exactly_the_committed_run()
    {
        var page = File.ReadAllText(PagePath);
        var from = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var to = page.IndexOf(End, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("RESCIND_QUOTE") == "1")
        {
            File.WriteAllText(PagePath, page = page[..from] + Quote(Committed) + page[to..]);
            to = page.IndexOf(End, StringComparison.Ordinal);
        }

        page[from..to].ShouldBe(Quote(Committed));
    }

    [Fact]
    public void The_page_claims_what_the_test_of_every_run_holds_it_to()
    {
        var claims = File.ReadAllText(PagePath).Split("## What every run says")[1].Split("## Decide")[0]
            .Split('\n').Where(static line => line.StartsWith("- ", StringComparison.Ordinal)).Select(static line => line[2..]);

        claims.ShouldBe(CompareClaims.All.Select(static claim => claim.Sentence));
    }

    [Fact]
    public void The_committed_run_is_one_of_every_way_with_the_defaults_and_shows_what_is_claimed()
    {
        Committed.Ways.Select(static way => way.Id).ShouldBe(ComparisonRun.WayIds);
        Committed.Asked.ShouldSatisfyAllConditions(
            static asked => asked.Users.ShouldBe(10_000), static asked => asked.RequestsPerSecond.ShouldBe(200),
            static asked => asked.LogoutsPerDay.ShouldBe(5_000), static asked => asked.TokenLifetimeSeconds.ShouldBe(3600));
        CompareClaims.All.Where(static claim => !claim.Holds(Committed)).Select(static claim => claim.Sentence).ShouldBeEmpty();
    }

    private static string Quote(ComparisonResult run)
    {
        var quote = new StringBuilder();
        quote.Append("Measured on ").Append(run.Date).Append(": ").Append(run.Machine.Cores).Append(" cores, ")
            .Append(run.Machine.System).Append(", ").Append(run.Machine.Runtime).Append(".\n\n");
        foreach (var table in ResultTable.AllOf(run))
        {
            quote.Append("### ").Append(table.Title).Append("\n\n").Append(table.ToMarkdown()).Append('\n');
        }

        quote.Append("### What these figures rest on\n\n");
        foreach (var note in run.Notes)
        {
            quote.Append("- ").Append(note).Append('\n');
        }

        return quote.ToString();
    }
}
