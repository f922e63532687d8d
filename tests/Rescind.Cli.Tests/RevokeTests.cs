using Rescind.Cli.Tests.Support;

namespace Rescind.Cli.Tests;

public sealed class RevokeTests(RunningAuthority authority)
{
    [Fact]
    public async Task People_see_each_verifier_confirm()
    {
        var id = (string)(await authority.StartSessionAsync("revoke-people"))["session_id"]!;

        var ended = (await authority.RunAsync("revoke", "session", id, "--reason", "lost")).With(0);

        ended.Out.ShouldContain("rv_");
        ended.Out.ShouldContain("orders");
        ended.Out.ShouldContain("In force at 1/1 verifiers");
        ended.Out.ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task Programs_get_the_Authoritys_own_receipt()
    {
        await authority.StartSessionAsync("revoke-programs");

        var receipt = (await authority.RunAsync("revoke", "subject", "revoke-programs", "--reason", "left", "--json"))
            .With(0).Json;

        ((string)receipt["match"]!["subject"]!).ShouldBe("revoke-programs");
        receipt["affected"]!["sessions"]!.GetValue<int>().ShouldBe(1);
        receipt["in_force"]!["applied"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task A_token_is_read_from_standard_input_and_never_written()
    {
        var token = (string)(await authority.StartSessionAsync("revoke-token"))["access_token"]!;

        var ended = (await authority.SendAsync(token + "\n", "revoke", "token", "-", "--reason", "leaked", "--json")).With(0);

        (ended.Out + ended.Error).ShouldNotContain(token[..60]);
        ended.Json["match"]!["token"].ShouldNotBeNull();
    }

    [Fact]
    public async Task What_nobody_knows_is_revoked_all_the_same_with_a_warning() =>
        (await authority.RunAsync("revoke", "session", "AAAAAAAAAAAAAAAAAAAAAA", "--reason", "x")).With(0).Error
            .ShouldContain("RSC");

    [Fact]
    public async Task A_client_without_the_scope_ends_with_4()
    {
        var client = await authority.AddClientAsync("only-sessions", "sessions");

        var ended = (await authority.RunAsAsync(client, "revoke", "subject", "alice", "--reason", "x")).With(4);

        ended.Error.ShouldNotContain(client.Secret);
        ended.Error.ShouldContain("Missing scope: revoke");
    }

    [Fact]
    public async Task The_verifiers_are_listed_with_their_lag()
    {
        var answer = (await authority.RunAsync("verifiers", "--json")).With(0).Json;
        var table = (await authority.RunAsync("verifiers")).With(0).Out;

        ((string)answer["verifiers"]!.AsArray().ShouldHaveSingleItem()!["state"]!).ShouldBe("live");
        table.ShouldContain("orders");
    }

    [Fact]
    public async Task Tail_shows_what_is_appended()
    {
        await using var tail = Child.Start(
            Places.Program, ["tail", "--json", "--authority", authority.Url, "--data", authority.Data]);
        await tail.UntilAsync(() => Task.FromResult(tail.Error.Contains("Following", StringComparison.Ordinal)));

        var act = (await authority.RunAsync("revoke", "subject", "tail-me", "--reason", "x", "--wait", "0", "--json"))
            .With(0).Json;

        // Other tests append as well.
        var position = $"\"position\":{act["position"]}";
        await tail.UntilAsync(() => Task.FromResult(tail.Out.Contains(position, StringComparison.Ordinal)));
        await tail.SignalAsync("INT");
        var entry = (await tail.EndAsync()).With(0).JsonLines.Single(line => (long)line["position"]! == (long)act["position"]!);
        ((string)entry["kind"]!).ShouldBe("state");
    }

    [Fact]
    public async Task Tail_of_all_begins_with_what_holds_and_ends_at_Ctrl_C_with_0()
    {
        await using var tail = Child.Start(
            Places.Program, ["tail", "--all", "--authority", authority.Url, "--data", authority.Data]);
        await tail.UntilAsync(() => Task.FromResult(tail.Error.Contains("Following", StringComparison.Ordinal)));

        await tail.SignalAsync("INT");

        var ended = (await tail.EndAsync()).With(0);
        ended.Out.ShouldContain("issuer");
        ended.Out.ShouldContain("key");
        ended.Out.ShouldNotContain("\u001b");
    }
}
