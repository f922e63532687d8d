using System.Text.Json.Nodes;
using Rescind.Cli.Tests.Support;

namespace Rescind.Cli.Tests;

public sealed class CompareTests
{
    [Fact]
    public async Task Each_way_is_run_and_measured_and_nothing_is_left_behind()
    {
        using var folder = new Folder();

        var ended = (await Child.RunAsync(
            ["compare", "--quick", "--json", "--way", "client-removal", "--way", "rescind"],
            settings: ("TMPDIR", folder.Path))).With(0);

        var (removal, ours) = (Way(ended.Json, "client-removal"), Way(ended.Json, "rescind"));
        Number(removal, "exposure", "worst_ms").ShouldBeGreaterThan(45 * 60_000);
        Number(removal, "exposure", "clock_factor").ShouldBeGreaterThan(100);
        Number(ours, "exposure", "worst_ms").ShouldBeLessThan(5_000);
        Number(ours, "exposure", "clock_factor").ShouldBe(1);
        Number(ours, "cost", "calls_per_request").ShouldBe(0);
        removal["reach"]!["one"]!.GetValue<string>().ShouldBe("no");
        ours["reach"]!.AsObject().ShouldAllBe(each => each.Value!.GetValue<string>() == "yes");
        ours["outage"]!["revoked"]!.AsObject().ShouldNotContain(each => each.Key == "200");
        ours["outage"]!["dead_stays_dead"]!.GetValue<bool>().ShouldBeTrue();
        ended.Out.ShouldNotContain("eyJ");
        ended.Error.ShouldContain("starting rescind");
        Directory.EnumerateFileSystemEntries(folder.Path, "rescind-*").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--users", "0")]
    [InlineData("--users", "many")]
    [InlineData("--requests-per-second", "1000000")]
    [InlineData("--token-lifetime", "soon")]
    [InlineData("--token-lifetime", "2d")]
    [InlineData("--logouts-per-day", "-1")]
    [InlineData("--way", "prayer")]
    public async Task A_wrong_figure_is_refused_before_anything_starts(string option, string value) =>
        (await InProcess.RunAsync(["compare", option, value])).With(2).Error.ShouldContain(option);

    private static JsonNode Way(JsonObject document, string id) =>
        document["ways"]!.AsArray().Single(way => way!["id"]!.GetValue<string>() == id)!;

    private static double Number(JsonNode way, string part, string name) => way[part]![name]!.GetValue<double>();
}
