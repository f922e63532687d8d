using Rescind.Cli.Tests.Support;

namespace Rescind.Cli.Tests;

public sealed class DemoTests
{
    [Fact]
    public async Task Every_line_of_the_demo_holds_and_nothing_is_left_behind()
    {
        using var folder = new Folder();

        var lines = (await Child.RunAsync(["demo", "--json"], settings: ("TMPDIR", folder.Path))).With(0).JsonLines;

        var told = lines.SkipLast(1).ToList();
        told.ShouldAllBe(line => line["ok"]!.GetValue<bool>());
        lines[^1]["passed"]!.GetValue<int>().ShouldBe(told.Count);
        lines[^1]["failed"]!.GetValue<int>().ShouldBe(0);
        told.ShouldAllBe(line => !line.ToJsonString().Contains("eyJ") && !line.ToJsonString().Contains("rt_"));
        Directory.EnumerateDirectories(folder.Path, "rescind-demo-*").ShouldBeEmpty();
    }

    [Fact]
    public async Task Ctrl_C_stops_and_deletes_everything()
    {
        using var folder = new Folder();
        await using var demo = Child.Start(Places.Program, ["demo", "--json"], null, ("TMPDIR", folder.Path));
        await demo.UntilAsync(() => Task.FromResult(demo.Out.Split('\n').Length > 3));

        await demo.SignalAsync("INT");

        (await demo.EndAsync()).With(130);
        Directory.EnumerateDirectories(folder.Path, "rescind-demo-*").ShouldBeEmpty();
    }
}
