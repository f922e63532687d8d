using Rescind.Cli.Tests.Support;

namespace Rescind.Cli.Tests;

/// <summary>Issuers and keys.</summary>
public sealed class AdministrationTests(RunningAuthority authority)
{
    private const string Issuer = "https://idp.example.com/tenant";

    [Fact]
    public async Task An_issuer_is_added_with_its_lifetimes_and_claims_listed_and_removed()
    {
        var record = (await authority.RunAsync(
            "issuers", "add", Issuer, "--profile", "entra", "--token-lifetime", "90m", "--session-lifetime", "30d",
            "--clock-skew", "10s", "--leeway", "0", "--claim", "token=jti", "--claim", "session=",
            "--algorithm", "RS256", "--algorithm", "ES256", "--sends-auth-time", "--without-iat", "--subject", "required",
            "--jwks", "https://idp.example.com/keys", "--json")).With(0).Json;
        var listed = (await authority.RunAsync("issuers", "list")).With(0).Out;
        (await authority.RunAsync("issuers", "remove", Issuer)).With(0).Out.ShouldContain(Issuer);
        var left = (await authority.RunAsync("issuers", "list", "--json")).With(0).Json;

        record["max_token_lifetime"]!.GetValue<int>().ShouldBe(90 * 60);
        record["max_session_lifetime"]!.GetValue<int>().ShouldBe(30 * 24 * 3600);
        (record["clock_skew"]!.GetValue<int>(), record["leeway"]!.GetValue<int>()).ShouldBe((10, 0));
        record["claims"]!.ToJsonString().ShouldBe("""{"subject":"oid","session":"","token":"jti","client":"azp"}""");
        record["algorithms"]!.ToJsonString().ShouldBe("""["RS256","ES256"]""");
        record["sends_auth_time"]!.GetValue<bool>().ShouldBeTrue();
        ((string)record["iat"]!).ShouldBe("absent");
        ((string)record["subject"]!).ShouldBe("required");
        listed.ShouldContain(Issuer);
        listed.ShouldContain("1 h 30 min");
        left["issuers"]!.AsArray().ShouldNotContain(issuer => (string)issuer!["issuer"]! == Issuer);
    }

    [Fact]
    public async Task An_issuer_without_a_lifetime_is_taken_and_the_price_is_said()
    {
        var added = (await authority.RunAsync("issuers", "add", "https://forever.example.com")).With(0);

        added.Error.ShouldContain("never forgotten");
        (await authority.RunAsync("issuers", "list")).With(0).Out.ShouldContain("nobody says");
    }

    [Fact]
    public async Task What_the_Authority_refuses_of_an_issuer_ends_with_1() =>
        (await authority.RunAsync("issuers", "add", "http://idp.example.com")).With(1).Error.ShouldContain("RSC1601");

    [Fact]
    public async Task The_next_key_signs_after_a_rotation()
    {
        var before = (await authority.RunAsync("keys", "list", "--json")).With(0).Json["keys"]!.AsArray();
        var next = (string)before.Single(key => (string)key!["state"]! == "next")!["kid"]!;

        var after = (await authority.RunAsync("keys", "rotate", "--json")).With(0).Json["keys"]!.AsArray();

        ((string)after.Single(key => (string)key!["state"]! == "active")!["kid"]!).ShouldBe(next);
        (await authority.RunAsync("keys", "list")).With(0).Out.ShouldContain(next);
    }

    [Theory]
    [InlineData("issuers")]
    [InlineData("keys")]
    public async Task Without_the_scope_nothing_is_listed(string verb)
    {
        var client = await authority.AddClientAsync("not-admin-" + verb, "revoke");

        (await authority.RunAsAsync(client, verb, "list")).With(4).Error.ShouldContain("Missing scope: admin");
    }
}
