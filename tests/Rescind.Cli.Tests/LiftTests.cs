using Rescind.Cli.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

public sealed class LiftTests(RunningAuthority authority)
{
    [Fact]
    public async Task A_lift_shows_what_it_gave_back_and_is_done_once()
    {
        await authority.StartSessionAsync("lift-once");
        var id = await RevokeAsync("lift-once");

        var lifted = (await authority.RunAsync("lift", id)).With(0).Out;

        lifted.ShouldContain("1 session(s) live again");
        lifted.ShouldContain("lift-once");
        (await authority.RunAsync("lift", id)).With(1).Error.ShouldContain("RSC2017");
        (await authority.RunAsync("sessions", "list", "--subject", "lift-once", "--state", "active", "--json")).With(0)
            .Json["sessions"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task With_json_the_document_is_the_Authoritys_answer()
    {
        var id = await RevokeAsync("lift-json");

        var lifted = (await authority.RunAsync("lift", id, "--json")).With(0).Json;

        ((string)lifted["id"]!).ShouldBe(id);
        ((string)lifted["lifted_by"]!).ShouldStartWith("rv_");
    }

    [Fact]
    public async Task A_revocation_that_never_was_ends_with_5() =>
        (await authority.RunAsync("lift", "rv_1")).With(5).Error.ShouldContain("RSC2008");

    [Fact]
    public async Task Without_an_Authority_the_data_of_a_running_server_is_not_touched()
    {
        var id = await RevokeAsync("lift-running");

        var refused = (await InProcess.RunAsync(["lift", id, "--data", authority.Data])).With(1);

        refused.Out.ShouldBeEmpty();
        refused.Error.ShouldContain("RSC1006");
        refused.Error.ShouldContain("--authority");
        (await authority.RunAsync("lift", id)).With(0);
    }

    [Fact]
    public async Task When_nobody_is_left_who_may_ask_the_server_the_data_itself_is_lifted()
    {
        using var folder = new Folder();
        var (data, url) = (Path.Combine(folder.Path, "data"), FreeUrl.Next());
        string[] there = ["--authority", url, "--data", data];
        string id;
        await using (var server = Child.Start(Places.Program, ["serve", "--urls", url, "--data", data]))
        {
            await server.UntilReadyAsync(url + "/health/ready");
            (await InProcess.RunAsync(["sessions", "start", "alice", "--audience", "orders", .. there])).With(0);
            var mistake = await InProcess.RunAsync(
                ["revoke", "issuer", "--reason", "a mistake", "--confirm", "1", "--wait", "0", "--json", .. there]);
            id = (string)mistake.With(0).Json["id"]!;
            await server.SignalAsync("TERM");
            (await server.EndAsync()).With(0);
        }

        var unknown = (await InProcess.RunAsync(["lift", "rv_1", "--data", data, "--json"])).With(5);
        var lifted = (await InProcess.RunAsync(["lift", id, "--data", data, "--json"])).With(0);
        var again = (await InProcess.RunAsync(["lift", id, "--data", data])).With(1);

        unknown.Error.ShouldContain("\"code\":\"RSC2008\"");
        lifted.Json["affected"]!["sessions"]!.GetValue<int>().ShouldBe(1);
        lifted.Error.ShouldContain("next start");
        again.Error.ShouldContain("RSC2017");
    }

    private async Task<string> RevokeAsync(string subject) =>
        (string)(await authority.RunAsync("revoke", "subject", subject, "--reason", "a mistake", "--wait", "0", "--json"))
            .With(0).Json["id"]!;
}
