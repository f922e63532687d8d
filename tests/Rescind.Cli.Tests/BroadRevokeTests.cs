using System.Globalization;
using Rescind.Cli.Tests.Support;

namespace Rescind.Cli.Tests;

/// <summary>Acts that hit what nobody can count on fingers, and the effects beside <c>end</c>.</summary>
public sealed class BroadRevokeTests(RunningAuthority authority)
{
    private const string Foreign = "https://broad.example.com";

    [Fact]
    public async Task Without_a_terminal_nothing_is_revoked_and_the_number_to_pass_is_named()
    {
        var client = await StartTwoAsync("broad-piped");

        var people = (await authority.RunAsync("revoke", "client", client, "--reason", "leak")).With(6);
        var program = (await authority.RunAsync("revoke", "client", client, "--reason", "leak", "--json")).With(6);

        people.Out.ShouldContain("ends 2 session(s)");
        people.Error.ShouldContain("--confirm 2");
        program.Out.ShouldBeEmpty();
        program.Error.ShouldContain("--confirm 2");
        (await ActiveAsync(client)).ShouldBe(2);
    }

    [Fact]
    public async Task With_the_number_it_is_done()
    {
        var client = await StartTwoAsync("broad-confirmed");

        var receipt = (await authority.RunAsync("revoke", "client", client, "--reason", "leak", "--confirm", "2", "--json"))
            .With(0).Json;

        receipt["affected"]!["sessions"]!.GetValue<int>().ShouldBe(2);
        receipt["in_force"]!["applied"]!.GetValue<int>().ShouldBe(1);
        (await ActiveAsync(client)).ShouldBe(0);
    }

    [Theory]
    [InlineData("broad-typed", "2", 0, 0)]
    [InlineData("broad-mistyped", "yes", 6, 2)]
    public async Task A_person_at_a_terminal_sees_what_would_be_hit_and_types_the_number(
        string name, string typed, int code, int left)
    {
        var client = await StartTwoAsync(name);
        await using var terminal = Child.StartAtTerminal(
            ["revoke", "client", client, "--reason", "leak", "--authority", authority.Url, "--data", authority.Data]);
        await terminal.UntilAsync(() => Task.FromResult(terminal.Out.Contains("Type 2 to revoke", StringComparison.Ordinal)));

        terminal.Out.ShouldContain("ends 2 session(s)");
        (await ActiveAsync(client)).ShouldBe(2);
        (await terminal.EndAsync(typed + "\n")).With(code);

        (await ActiveAsync(client)).ShouldBe(left);
    }

    [Fact]
    public async Task A_dry_run_shows_numbers_and_warnings_and_leaves_everything()
    {
        var client = await StartTwoAsync("broad-dry");

        var shown = (
            await authority.RunAsync(
                "revoke", "client", client, "--reason", "x", "--before", "2026-01-01T00:00:00Z", "--dry-run")).With(0);

        shown.Out.ShouldContain("ends 0 session(s)");
        shown.Error.ShouldContain("RSC2102");
        (await ActiveAsync(client)).ShouldBe(2);
    }

    [Fact]
    public async Task At_another_issuer_the_value_confirms()
    {
        (await authority.RunAsync("issuers", "add", Foreign, "--token-lifetime", "5m")).With(0);
        string[] line = ["revoke", "tag", "tenant", "acme", "--issuer", Foreign, "--reason", "x", "--wait", "0"];

        (await authority.RunAsync(line)).With(6).Error.ShouldContain("--confirm acme");
        (await authority.RunAsync([.. line, "--confirm", "globex"])).With(6).Error.ShouldContain("RSC2015");
        var done = (await authority.RunAsync([.. line, "--confirm", "acme"])).With(0);
        (await authority.RunAsync("revoke", "issuer", "--issuer", Foreign, "--reason", "x", "--wait", "0", "--confirm", Foreign))
            .With(0);

        done.Error.ShouldContain("RSC2107");
    }

    [Fact]
    public async Task A_number_is_a_number_at_our_own_issuer() =>
        (await authority.RunAsync("revoke", "client", "broad-nobody", "--reason", "x", "--confirm", "all")).With(2).Out
            .ShouldBeEmpty();

    [Fact]
    public async Task A_key_that_nobody_knows_is_revoked_with_a_warning() =>
        (await authority.RunAsync("revoke", "key", "broad-kid", "--reason", "x", "--confirm", "0")).With(0).Error
            .ShouldContain("RSC2101");

    [Fact]
    public async Task A_block_for_two_hours_ends_in_two_hours_and_refuses_a_start()
    {
        var before = DateTimeOffset.UtcNow;
        string[] line = ["revoke", "subject", "broad-blocked", "--effect", "block", "--reason", "abuse", "--json"];

        var receipt = (await authority.RunAsync([.. line, "--until", "2h"])).With(0).Json;

        var until = DateTimeOffset.Parse((string)receipt["until"]!, CultureInfo.InvariantCulture);
        until.ShouldBeInRange(before.AddHours(2).AddSeconds(-1), DateTimeOffset.UtcNow.AddHours(2).AddSeconds(1));
        (await authority.RunAsync("sessions", "start", "broad-blocked", "--audience", "orders")).With(1).Error
            .ShouldContain("RSC1309");
        (await authority.RunAsync([.. line, "--until", "2020-01-01T01:00:00+01:00"])).With(1).Error.ShouldContain("RSC2010");
    }

    [Fact]
    public async Task Renew_and_exceptions_reach_the_Authority()
    {
        var one = (string)(await authority.StartSessionAsync("broad-renew"))["session_id"]!;
        await authority.StartSessionAsync("broad-renew");

        var receipt = (await authority.RunAsync(
            "revoke", "subject", "broad-renew", "--effect", "renew", "--except", one, "--reason", "role", "--json")).With(0).Json;

        ((string)receipt["effect"]!).ShouldBe("renew");
        receipt["affected"]!["sessions"]!.GetValue<int>().ShouldBe(1);
        ((string)receipt["except"]!.AsArray().ShouldHaveSingleItem()!).ShouldBe(one);
    }

    [Fact]
    public async Task A_renew_shows_the_refreshes_that_it_brings_and_can_be_spread()
    {
        var client = await StartTwoAsync("broad-spread");
        string[] line = ["revoke", "client", client, "--effect", "renew", "--reason", "roles"];

        var atOnce = (await authority.RunAsync([.. line, "--dry-run"])).With(0);
        var spread = (await authority.RunAsync([.. line, "--dry-run", "--spread", "4s"])).With(0);
        var done = (await authority.RunAsync([.. line, "--spread", "1m", "--confirm", "2", "--json"])).With(0).Json;

        atOnce.Out.ShouldContain("at worst 2 refreshes in one second");
        spread.Out.ShouldContain("within 4 s, about 0.5 refreshes a second");
        done["spread"]!.GetValue<int>().ShouldBe(60);
        (await authority.RunAsync([.. line, "--spread", "soon", "--dry-run"])).With(2);
        (await authority.RunAsync([.. line, "--spread", "1d", "--dry-run"])).With(1).Error.ShouldContain("RSC2023");
        (await ActiveAsync(client)).ShouldBe(2);
    }

    // A client of its own, so that no other test's sessions are hit; it starts two sessions for itself, of a subject of
    // the same name.
    private async Task<string> StartTwoAsync(string name)
    {
        var client = await authority.AddClientAsync(name, "sessions");
        foreach (var _ in Enumerable.Range(0, 2))
        {
            (await authority.RunAsAsync(client, "sessions", "start", name, "--audience", "orders", "--client", name)).With(0);
        }

        return name;
    }

    private async Task<int> ActiveAsync(string subject) =>
        (await authority.RunAsync("sessions", "list", "--subject", subject, "--state", "active", "--json"))
            .With(0).Json["sessions"]!.AsArray().Count;
}
