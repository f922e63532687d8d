using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Rescind.Cli.Tests.Support;

namespace Rescind.Cli.Tests;

public sealed class WhyTests(RunningAuthority authority)
{
    [Fact]
    public async Task An_id_is_explained_and_so_is_its_lift()
    {
        await authority.StartSessionAsync("why-id");
        var id = await RevokeAsync("why-id", "password changed");

        var before = (await authority.RunAsync("why", id)).With(0).Out;
        (await authority.RunAsync("lift", id)).With(0);
        var after = (await authority.RunAsync("why", id, "--json")).With(0).Json;

        foreach (var words in (string[])
            ["end on subject why-id", "password changed", "client:admin", "sessions hit  1", "1/1 verifiers"])
        {
            before.ShouldContain(words);
        }

        before.ShouldMatch(@"lifted\s+no");
        ((string)after["lifted_by"]!).ShouldStartWith("rv_");
    }

    [Fact]
    public async Task A_token_leads_to_the_act_that_killed_it_and_to_its_session()
    {
        var session = await authority.StartSessionAsync("why-token", "--device", "Alice's laptop");
        var token = (string)session["access_token"]!;
        var id = await RevokeAsync("why-token", "laptop lost");

        var people = (await authority.SendAsync(token, "why", "-")).With(0);
        var program = (await authority.SendAsync(token, "why", "-", "--json")).With(0);

        foreach (var words in (string[])
            [id, "laptop lost", "client:admin", (string)session["session_id"]!, "Alice's laptop", "generation", "ended"])
        {
            people.Out.ShouldContain(words);
        }

        ((string)program.Json["verdict"]!["kind"]!).ShouldBe("revoked");
        ((string)program.Json["revocation"]!["id"]!).ShouldBe(id);
        program.Json["session"]!["generation"]!.GetValue<int>().ShouldBe(1);
        (people.Out + people.Error + program.Out + program.Error).ShouldNotContain(token.Split('.')[2]);
    }

    [Fact]
    public async Task A_token_that_has_expired_is_explained_by_what_ended_its_session()
    {
        var session = await authority.StartSessionAsync("why-expired");
        var id = await RevokeAsync("why-expired", "logged out");
        var expired = Edited((string)session["access_token"]!, ("exp", 1_700_000_300), ("iat", 1_700_000_000));

        var answer = (await authority.SendAsync(expired, "why", "-", "--json")).With(0).Json;

        ((string)answer["verdict"]!["kind"]!).ShouldBe("expired");
        ((string)answer["revocation"]!["id"]!).ShouldBe(id);
    }

    [Fact]
    public async Task A_living_token_is_said_to_be_valid()
    {
        var token = (string)(await authority.StartSessionAsync("why-valid"))["access_token"]!;

        (await authority.SendAsync(token, "why", "-")).With(0).Out.ShouldContain("no rule kills it");
    }

    [Fact]
    public async Task What_the_client_may_not_see_is_left_out_with_the_scope_that_is_missing()
    {
        var token = (string)(await authority.StartSessionAsync("why-scopes"))["access_token"]!;
        var id = await RevokeAsync("why-scopes", "a secret reason");
        var client = await authority.AddClientAsync("why-feed", "feed");

        var shown = (await authority.SendAsAsync(client, token, "why", "-")).With(0);

        shown.Out.ShouldContain(id);
        shown.Out.ShouldNotContain("a secret reason");
        shown.Error.ShouldContain("Missing scope: revoke or revoke.broad");
        shown.Error.ShouldContain("Missing scope: sessions");
    }

    [Fact]
    public async Task Without_the_scope_of_the_log_nothing_is_told_about_a_token()
    {
        var token = (string)(await authority.StartSessionAsync("why-nothing"))["access_token"]!;
        var client = await authority.AddClientAsync("why-sessions", "sessions");

        (await authority.SendAsAsync(client, token, "why", "-")).With(4).Error.ShouldContain("Missing scope: feed");
    }

    [Theory]
    [InlineData("not.a.token", 1)]
    [InlineData("rv_1", 5)]
    public async Task What_cannot_be_explained_is_no_success(string what, int code) =>
        (await authority.RunAsync("why", what)).With(code).Out.ShouldBeEmpty();

    [Fact]
    public async Task A_session_id_that_is_no_text_breaks_nothing()
    {
        var token = (string)(await authority.StartSessionAsync("why-hostile"))["access_token"]!;

        var ended = (await authority.SendAsync(Edited(token, ("sid", 7)), "why", "-")).With(0);

        ended.Out.ShouldContain("refused");
        ended.Error.ShouldNotContain("   at ");
    }

    // The signature no longer holds, which nobody checks here.
    private static string Edited(string token, params (string Claim, long Value)[] claims)
    {
        var parts = token.Split('.');
        var payload = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!.AsObject();
        foreach (var (claim, value) in claims)
        {
            payload[claim] = value;
        }

        return $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload.ToJsonString()))}.{parts[2]}";
    }

    private async Task<string> RevokeAsync(string subject, string reason) =>
        (string)(await authority.RunAsync("revoke", "subject", subject, "--reason", reason, "--json")).With(0).Json["id"]!;
}
