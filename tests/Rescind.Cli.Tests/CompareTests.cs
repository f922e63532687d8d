using System.Text.RegularExpressions;
using Rescind.Cli.Tests.Support;
using Rescind.Comparison;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

public sealed class CompareTests(CompareRun run) : IClassFixture<CompareRun>
{
    [Fact]
    public void Each_way_is_run_and_nothing_is_left_behind()
    {
        run.Results.ShouldAllBe(result => result.Ways.Select(static way => way.Id).SequenceEqual(ComparisonRun.WayIds));
        run.LeftBehind.ShouldBeEmpty();
        run.Said.ShouldAllBe(said => !said.Contains("eyJ"));
    }

    [Fact]
    public void A_stolen_copy_lives_as_long_as_its_way_lets_it()
    {
        foreach (var result in run.Results)
        {
            var removal = CompareClaims.Of(result, "client-removal").Exposure;
            (removal.ClockFactor, removal.WorstMs / 60_000).ShouldSatisfyAllConditions(
                static seen => seen.ClockFactor.ShouldBeGreaterThan(100), static seen => seen.Item2.ShouldBeInRange(45, 130));
            CompareClaims.Of(result, "rescind").Exposure.WorstMs.ShouldBeLessThan(5_000);
            result.Ways.Where(static way => way.Id.StartsWith("blocklist", StringComparison.Ordinal))
                .ShouldAllBe(static way => way.Exposure.WorstMs == 0);
        }
    }

    [Fact]
    public void Every_ordering_that_the_guide_claims_holds_in_each_run()
    {
        var wrong = run.Results.SelectMany(static result => CompareClaims.All
            .Where(claim => !claim.Holds(result)).Select(claim => $"{claim.Sentence}\n{ComparisonJson.Write(result)}"));

        wrong.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("client-removal", "no", "no", "no")]
    [InlineData("short-expiry", "at expiry", "at expiry", "at expiry")]
    [InlineData("blocklist-sqlite", "yes", "no", "no")]
    [InlineData("blocklist-postgresql", "yes", "no", "no")]
    [InlineData("blocklist-redis", "yes", "no", "no")]
    [InlineData("stamp", "no", "yes", "yes, with a new token")]
    [InlineData("server-sessions", "yes", "yes", "yes")]
    [InlineData("introspection", "yes", "yes", "yes")]
    [InlineData("rescind", "yes", "yes", "yes")]
    public void Who_can_be_logged_out_was_tried(string way, string one, string all, string others) =>
        run.Results.ShouldAllBe(result => CompareClaims.Of(result, way).Reach == new Reach(one, all, others));

    [Fact]
    public void A_way_comes_back_with_its_store_and_the_logged_out_stay_out()
    {
        foreach (var way in run.Results.SelectMany(static result => result.Ways).Where(static way => way.Outage is not null))
        {
            way.Outage!.BackAfterMs.ShouldNotBeNull(way.Id);
            (way.Outage.DeadStaysDead || way.Id == "short-expiry").ShouldBeTrue(way.Id);
        }
    }

    [Fact]
    public void The_report_is_one_page_that_asks_nobody_for_anything()
    {
        Regex.Matches(run.Html, @"(https?:)?//|src=|href=|url\(|<script|<link|<img").ShouldBeEmpty();
        run.Html.ShouldContain("default-src 'none'");
        Regex.Count(run.Html, "<svg ").ShouldBe(4);
        run.Results[^1].Ways.ShouldAllBe(way => run.Html.Contains(way.Title));
    }

    [Theory]
    [InlineData("--users", "0")]
    [InlineData("--users", "many")]
    [InlineData("--requests-per-second", "1000000")]
    [InlineData("--token-lifetime", "soon")]
    [InlineData("--token-lifetime", "2d")]
    [InlineData("--logouts-per-day", "-1")]
    [InlineData("--way", "prayer")]
    [InlineData("--store", "floppy")]
    [InlineData("--store", "redis")]
    [InlineData("--redis", "a:1,b:2")]
    [InlineData("--postgres", "postgres")]
    [InlineData("--html", "/nowhere/at/all.html")]
    public async Task What_is_wrong_is_refused_before_anything_starts(string option, string value)
    {
        var ended = (await InProcess.RunAsync(["compare", option, value])).With(2);

        ended.Error.ShouldContain(option);
        ended.Error.ShouldNotContain("starting");
    }

    [Theory]
    [InlineData("--redis", "127.0.0.1:{0},password=hunter2-of-redis")]
    [InlineData("--postgres", "Host=127.0.0.1;Port={0};Username=app;Password=hunter2-of-postgres")]
    public async Task A_store_that_is_not_there_is_named_and_its_password_is_not(string option, string address)
    {
        var port = $"{new Uri(FreeUrl.Next()).Port}";

        var ended = (await InProcess.RunAsync(["compare", option, address.Replace("{0}", port)])).With(3);

        ended.Error.ShouldContain(port);
        ended.Error.ShouldNotContain("hunter2");
        ended.Error.ShouldNotContain("starting");
    }

    [Fact]
    public async Task Where_the_program_that_measures_is_not_the_next_step_says_how_to_get_it() =>
        (await InProcess.RunAsync(["compare"], "", ("RESCIND_COMPARISON", "/nowhere/Rescind.Comparison.dll"))).With(2).Error
            .ShouldContain("RESCIND_COMPARISON");

    [Fact]
    public async Task A_report_is_never_written_over_a_file()
    {
        using var folder = new Folder();
        var file = Path.Combine(folder.Path, "mine.html");
        await File.WriteAllTextAsync(file, "mine");

        (await InProcess.RunAsync(["compare", "--html", file])).With(2).Error.ShouldContain("mine.html");

        (await File.ReadAllTextAsync(file)).ShouldBe("mine");
    }

    [Fact]
    public async Task Ctrl_C_stops_and_deletes_everything()
    {
        using var folder = new Folder();
        await using var compare = Child.Start(Places.Program, ["compare", "--way", "rescind"], null, ("TMPDIR", folder.Path));
        await compare.UntilAsync(() => Task.FromResult(compare.Error.Contains("warming up", StringComparison.Ordinal)));

        await compare.SignalAsync("INT");

        (await compare.EndAsync()).With(130);
        Directory.EnumerateFileSystemEntries(folder.Path, "rescind-*").ShouldBeEmpty();
    }
}
