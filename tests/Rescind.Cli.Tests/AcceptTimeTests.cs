using Rescind.Cli.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

public sealed class AcceptTimeTests(RunningAuthority authority)
{
    [Fact]
    public async Task A_refused_one_says_why_with_its_code_and_changes_nothing()
    {
        using var folder = new Folder();
        var (data, url) = (Path.Combine(folder.Path, "data"), FreeUrl.Next());
        await using (var server = Child.Start(Places.Program, ["serve", "--urls", url, "--data", data]))
        {
            await server.UntilReadyAsync(url + "/health/ready");
            await server.SignalAsync("TERM");
            (await server.EndAsync()).With(0);
        }

        (await Child.RunAsync(["accept-time", "--data", authority.Data])).With(1).Error.ShouldContain("RSC1006");
        (await Child.RunAsync(["accept-time", "--data", data, "--json"])).With(1).Error.ShouldContain("\"code\":\"RSC1029\"");
        (await Child.RunAsync(["accept-time", "--data", Path.Combine(folder.Path, "nowhere")])).With(1).Error
            .ShouldContain("RSC1004");
        Directory.Exists(Path.Combine(folder.Path, "nowhere")).ShouldBeFalse();
    }
}
