using System.Text.Json.Nodes;
using Rescind.Cli.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

public sealed class UsageTests(RunningAuthority authority)
{
    [Theory]
    [InlineData("")]
    [InlineData("nothing-like-this")]
    [InlineData("revoke session abc")]
    [InlineData("revoke session abc --reason x --wait soon")]
    [InlineData("revoke session abc --reason x --wait 61")]
    [InlineData("revoke session abc --reason x --wait NaN")]
    [InlineData("revoke session abc --reason x --effect nonsense")]
    [InlineData("revoke session abc --reason x --before 2026-01-01T00:00:00Z")]
    [InlineData("revoke session abc --reason x --confirm 3")]
    [InlineData("revoke client web")]
    [InlineData("revoke tag tenant --reason x")]
    [InlineData("lift")]
    [InlineData("lift 1767225601234567")]
    [InlineData("why rt_AAAA")]
    [InlineData("why rv_nonsense")]
    [InlineData("issuers add https://a.example --token-lifetime soon")]
    [InlineData("issuers add https://a.example --claim person=oid")]
    [InlineData("issuers add https://a.example --claim subject=a --claim subject=b")]
    [InlineData("sessions list --state gone")]
    [InlineData("sessions start alice")]
    [InlineData("verifiers --authority http://example.com")]
    [InlineData("verifiers --authority http://user@127.0.0.1")]
    [InlineData("verifiers --authority file:///etc/passwd")]
    [InlineData("verifiers --data /nowhere/at/all")]
    [InlineData("inspect -")]
    [InlineData("inspect rt_AAAA")]
    public async Task A_wrong_command_line_ends_with_2_and_a_sentence(string line)
    {
        var ended = (await InProcess.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).With(2);

        ended.Out.ShouldBeEmpty();
        ended.Error.ShouldNotBeEmpty();
        ended.Error.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task With_json_a_failure_is_an_object_on_standard_error()
    {
        var ended = (await Child.RunAsync(["revoke", "session", "abc", "--json"])).With(2);

        ended.Out.ShouldBeEmpty();
        var error = JsonNode.Parse(ended.Error)!["error"]!;
        error["exit"]!.GetValue<int>().ShouldBe(2);
        error["message"]!.GetValue<string>().ShouldContain("--reason");
    }

    [Fact]
    public async Task Half_of_the_credentials_are_a_usage_error_that_names_the_other_half() =>
        (await Child.RunAsync(["verifiers"], settings: ("RESCIND_CLIENT_ID", "a"))).With(2).Error
            .ShouldContain("RESCIND_CLIENT_SECRET");

    [Fact]
    public async Task Help_lists_the_exit_codes()
    {
        var help = (await Child.RunAsync(["--help"])).With(0).Out;

        foreach (var words in new[] { "0 done", "1 refused", "2 usage", "3 Authority unreachable", "4 not allowed", "5 not found",
            "6 not confirmed", "130 interrupted" })
        {
            help.ShouldContain(words);
        }

        help.ShouldNotContain("demo-api");
    }

    [Fact]
    public async Task An_Authority_that_does_not_answer_ends_with_3() =>
        (await InProcess.RunAsync(["verifiers", "--authority", FreeUrl.Next(), "--data", authority.Data])).With(3).Out
            .ShouldBeEmpty();

    [Fact]
    public async Task No_credentials_end_with_4()
    {
        using var folder = new Folder();

        (await Child.RunAsync(["verifiers", "--authority", authority.Url], folder: folder.Path)).With(4).Error
            .ShouldContain("RESCIND_CLIENT_ID");
    }

    [Fact]
    public async Task Wrong_credentials_end_with_4_and_are_not_repeated()
    {
        var ended = await Child.RunAsync(
            ["verifiers", "--authority", authority.Url], "", null, ("RESCIND_CLIENT_ID", "admin"), ("RESCIND_CLIENT_SECRET",
                "a-guess-that-is-wrong"));

        ended.With(4).Error.ShouldNotContain("a-guess");
    }
}
