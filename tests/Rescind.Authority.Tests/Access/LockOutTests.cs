using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Rescind.Authority.Clients;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;
using Rescind.Authority.Syntax;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Access;

/// <summary>
/// Nobody short of an administrator shuts one out, and nobody at all shuts out the last: by whatever the tokens can be matched.
/// </summary>
public sealed class LockOutTests : IAsyncLifetime
{
    private AuthorityHost _host = null!;
    private string _boss = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await AuthorityHost.StartAsync();
        _boss = (await _host.AddClientAsync("boss", scopes: "admin")).ClientId;
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    /// <summary>What hits the tokens of the client <c>boss</c>, among them what hits those of every client.</summary>
    public static TheoryData<string> Matches =>
    [
        """{"subject":"client:boss"}""", """{"client":"boss"}""", Tag("sub", "client:boss"), Tag("client_id", "boss"), .. OfAll,
    ];

    public static TheoryData<string> OfAll =>
    [
        Tag("aud", AuthorityHost.Issuer + "/v1"), Tag("iss", AuthorityHost.Issuer), Tag("scope", "admin"),
        Tag("iat", Ahead(3600)), Tag("exp", Ahead(7200)), Tag("lpos", Ahead(3600) + "000000"),
    ];

    [Theory]
    [MemberData(nameof(Matches))]
    public async Task What_would_refuse_the_next_token_of_an_administrator_needs_admin(string match)
    {
        var bearer = await _host.BearerAsync("revoke", "revoke.broad");
        foreach (var effect in (string[])["block", "reauthenticate"])
        {
            var refused = await RevokeAsync(bearer, match, effect);

            refused.ShouldBeProblem(HttpStatusCode.Forbidden);
            refused["code"].ShouldBe("RSC1203");
            refused.Response.Headers.WwwAuthenticate.ToString().ShouldContain("scope=\"admin\"");
        }

        await ShouldBeAbleToAdministerAsync(_boss);
    }

    [Fact]
    public async Task An_administrator_may_ask_for_less_and_that_token_counts_as_well()
    {
        var bearer = await _host.BearerAsync("revoke", "revoke.broad");

        (await RevokeAsync(bearer, Tag("scope", "feed admin"), "block")).ShouldBeProblem(HttpStatusCode.Forbidden);
        (await RevokeAsync(bearer, Tag("scope", "feed"), "block")).ShouldBeProblem(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("""{"client":"boss"}""", "end")]
    [InlineData("""{"subject":"client:boss"}""", "end")]
    [InlineData("""{"subject":"client:boss"}""", "renew")]
    [InlineData("""{"tag":{"name":"aud","value":"http://127.0.0.1:7070/v1"}}""", "end")]
    [InlineData("""{"tag":{"name":"aud","value":"orders"}}""", "block")]
    [InlineData("""{"tag":{"name":"aud","value":"orders"}}""", "reauthenticate")]
    [InlineData("""{"tag":{"name":"scope","value":"orders.read"}}""", "block")]
    [InlineData("""{"tag":{"name":"scope","value":"admin admin"}}""", "block")]
    [InlineData("""{"tag":{"name":"sub","value":"boss"}}""", "block")]
    [InlineData("""{"tag":{"name":"iat","value":"1767225600"}}""", "block")]
    [InlineData("""{"tag":{"name":"iat","value":"9967225600.0"}}""", "block")]
    [InlineData("""{"tag":{"name":"sid","value":"x"}}""", "block")]
    [InlineData("""{"client":"web"}""", "block")]
    [InlineData("""{"subject":"client:batch"}""", "block")]
    [InlineData("""{"issuer":true}""", "end")]
    public async Task What_spares_the_next_token_of_an_administrator_does_not(string match, string effect)
    {
        var done = await RevokeAsync(await _host.BearerAsync("revoke", "revoke.broad"), match, effect);

        done.Status.ShouldBe(HttpStatusCode.Created, done.Text);
        await ShouldBeAbleToAdministerAsync(_boss);
    }

    [Theory]
    [InlineData("end")]
    [InlineData("renew")]
    [InlineData("reauthenticate")]
    [InlineData("block")]
    public async Task A_client_as_a_subject_needs_revoke_broad(string effect)
    {
        var narrow = await RevokeAsync(await _host.BearerAsync("revoke"), """{"subject":"client:batch"}""", effect);
        var broad = await RevokeAsync(await _host.BearerAsync("revoke.broad"), """{"subject":"client:batch"}""", effect);
        var person = await RevokeAsync(await _host.BearerAsync("revoke"), """{"subject":"clients"}""", effect);

        narrow.ShouldBeProblem(HttpStatusCode.Forbidden);
        narrow.Response.Headers.WwwAuthenticate.ToString().ShouldContain("scope=\"revoke.broad\"");
        (broad.Status, person.Status).ShouldBe((HttpStatusCode.Created, HttpStatusCode.Created));
    }

    [Fact]
    public async Task Who_may_not_have_revoked_a_client_as_a_subject_may_not_lift_that_either()
    {
        var bearer = await _host.BearerAsync("revoke.broad");
        var act = await RevokeAsync(bearer, """{"subject":"client:batch"}""", "block");

        (await _host.DeleteAsync($"/v1/revocations/{act["id"]}", await _host.BearerAsync("revoke")))
            .ShouldBeProblem(HttpStatusCode.Forbidden);
        (await _host.DeleteAsync($"/v1/revocations/{act["id"]}", bearer)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"subject":"client:batch"}""")]
    [InlineData("""{"client":"batch"}""")]
    public async Task What_somebody_else_did_to_a_client_is_undone_by_an_administrator_alone(string match)
    {
        var act = await RevokeAsync(await _host.BearerAsync("admin"), match, "end");

        (await _host.DeleteAsync($"/v1/revocations/{act["id"]}", await _host.BearerAsync("revoke.broad")))
            .ShouldBeProblem(HttpStatusCode.Forbidden);
        (await _host.DeleteAsync($"/v1/revocations/{act["id"]}", await _host.BearerAsync("admin"))).Status
            .ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_client_as_a_subject_is_no_person_for_global_token_revocation()
    {
        var request = $$$"""{"sub_id":{"format":"iss_sub","iss":"{{{AuthorityHost.Issuer}}}","sub":"client:boss"}}""";

        (await _host.PostJsonAsync("/global-token-revocation", await _host.BearerAsync("revoke"), request))
            .ShouldBeProblem(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Ends_of_a_client_as_a_subject_are_counted_with_the_broad_acts()
    {
        var bearer = await _host.BearerAsync("revoke.broad");
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 31; i++)
        {
            answers.Add((await RevokeAsync(bearer, """{"subject":"client:boss"}""", "end")).Status);
        }

        answers.ShouldBe([.. Enumerable.Repeat(HttpStatusCode.Created, 30), HttpStatusCode.TooManyRequests]);
    }

    [Fact]
    public async Task An_administrator_shuts_out_another_and_lets_it_in_again()
    {
        var (admin, other) = (await _host.BearerAsync("admin"), (await _host.AddClientAsync("other", scopes: "admin")).ClientId);

        var act = await RevokeAsync(admin, """{"subject":"client:other"}""", "block");

        act.Status.ShouldBe(HttpStatusCode.Created, act.Text);
        (await AdministerAsync(other)).ShouldBeProblem(HttpStatusCode.Unauthorized);
        (await _host.DeleteAsync($"/v1/revocations/{act["id"]}", admin)).Status.ShouldBe(HttpStatusCode.OK);
        await ShouldBeAbleToAdministerAsync(other);
    }

    [Theory]
    [MemberData(nameof(OfAll))]
    public async Task Nobody_shuts_out_all_administrators(string match)
    {
        var admin = await _host.BearerAsync("admin");
        foreach (var (effect, dryRun) in ((string, bool)[])[("block", false), ("reauthenticate", false), ("block", true)])
        {
            var refused = await RevokeAsync(admin, match, effect, dryRun: dryRun);

            refused.ShouldBeProblem(HttpStatusCode.Conflict);
            refused["code"].ShouldBe("RSC1405");
        }

        await ShouldBeAbleToAdministerAsync(_boss);
    }

    [Fact]
    public async Task To_log_everybody_in_again_would_shut_out_all_administrators_and_is_refused()
    {
        (await RevokeAsync(await _host.BearerAsync("admin"), """{"issuer":true}""", "reauthenticate"))["code"]
            .ShouldBe("RSC1405");
        (await RevokeAsync(await _host.BearerAsync("revoke.broad"), """{"issuer":true}""", "reauthenticate"))
            .ShouldBeProblem(HttpStatusCode.Forbidden);
        await ShouldBeAbleToAdministerAsync(_boss);
    }

    [Theory]
    [InlineData("""{"subject":"client:{0}"}""")]
    [InlineData("""{"client":"{0}"}""")]
    [InlineData("""{"tag":{"name":"sub","value":"client:{0}"}}""")]
    [InlineData("""{"tag":{"name":"client_id","value":"{0}"}}""")]
    public async Task Nobody_shuts_out_itself(string match)
    {
        var (boss, broad) = (await TokenOfAsync(_boss), (await _host.AddClientAsync("broad", scopes: "revoke.broad")).ClientId);

        foreach (var (bearer, name) in new[] { (boss, _boss), (await TokenOfAsync(broad), broad) })
        {
            var refused = await RevokeAsync(bearer, match.Replace("{0}", name, StringComparison.Ordinal), "block");

            refused.ShouldBeProblem(HttpStatusCode.Conflict);
            refused["code"].ShouldBe("RSC2005");
        }
    }

    [Fact]
    public async Task Two_administrators_who_shut_out_each_other_at_once_do_not_both_succeed()
    {
        await RemoveOtherAdministratorsAsync();
        for (var round = 0; round < 5; round++)
        {
            var (one, two) = ((await _host.AddClientAsync($"one-{round}", scopes: "admin")).ClientId, $"two-{round}");
            await _host.AddClientAsync(two, scopes: "admin");
            await RevokeByAppAsync(Match.Subject("client:boss"));
            var (ones, twos) = (await TokenOfAsync(one), await TokenOfAsync(two));

            var answers = await Task.WhenAll(
                RevokeAsync(ones, $$"""{"client":"{{two}}"}""", "block", until: Ahead(2)),
                _host.DeleteAsync($"/v1/clients/{one}", twos),
                RevokeAsync(twos, $$"""{"subject":"client:{{one}}"}""", "block", until: Ahead(2)));

            var left = new[] { await AdministerAsync(one), await AdministerAsync(two) };
            left.Count(answer => answer?.Status is HttpStatusCode.OK)
                .ShouldBe(1, string.Join(' ', answers.Select(answer => answer.Text)));
            await RemoveByAppAsync(one, two);
        }
    }

    [Fact]
    public async Task An_administrator_who_is_shut_out_does_not_count_as_the_other_one()
    {
        await RemoveOtherAdministratorsAsync();
        var (boss, other) = (await TokenOfAsync(_boss), (await _host.AddClientAsync("other", scopes: "admin")).ClientId);
        var others = await TokenOfAsync(other);
        await RevokeByAppAsync(Match.Tag("client_id", other));

        (await RevokeAsync(boss, """{"client":"boss"}""", "block"))["code"].ShouldBe("RSC2005");
        (await _host.GetAsync("/v1/clients", others)).ShouldBeProblem(HttpStatusCode.Unauthorized);
        await ShouldBeAbleToAdministerAsync(_boss);
    }

    [Fact]
    public async Task An_application_that_embeds_the_Authority_is_trusted()
    {
        await RevokeByAppAsync(Match.Tag("scope", "admin"));

        (await AdministerAsync(_boss)).ShouldBeProblem(HttpStatusCode.Unauthorized);
    }

    private static string Tag(string name, string value) => $$$"""{"tag":{"name":"{{{name}}}","value":"{{{value}}}"}}""";

    private static string Ahead(int seconds) =>
        (DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds).ToString(CultureInfo.InvariantCulture);

    private async Task<Answer> RevokeAsync(string bearer, string match, string effect, bool dryRun = false, string? until = null)
    {
        var named = JsonNode.Parse(match)!;
        var body = new JsonObject { ["match"] = named, ["effect"] = effect, ["reason"] = "test", ["dry_run"] = dryRun };
        if (effect == "block")
        {
            body["until"] = Instant.Text(long.Parse(until ?? Ahead(300), CultureInfo.InvariantCulture));
        }

        if (named["subject"] is null)
        {
            body["confirm"] = 100;
        }

        return await _host.PostJsonAsync("/v1/revocations", bearer, body.ToJsonString());
    }

    private Task<Receipt> RevokeByAppAsync(Match match) => _host.Get<IRevocations>().RevokeAsync(new RevocationRequest
    {
        Match = match, Effect = Effect.Block, Until = DateTimeOffset.UtcNow.AddMinutes(5), Reason = "test",
    });

    private async Task<string> TokenOfAsync(string client) =>
        (await _host.PostFormAsync("/token", "grant_type=client_credentials", basic: client))["access_token"] ?? "none";

    private async Task<Answer> AdministerAsync(string client) => await _host.GetAsync("/v1/clients", await TokenOfAsync(client));

    private async Task ShouldBeAbleToAdministerAsync(string client)
    {
        var answer = await AdministerAsync(client);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
    }

    private async Task RemoveOtherAdministratorsAsync() =>
        (await _host.DeleteAsync("/v1/clients/admin", await TokenOfAsync(_boss)))
            .Status.ShouldBe(HttpStatusCode.NoContent);

    private async Task RemoveByAppAsync(params string[] ids)
    {
        foreach (var id in ids)
        {
            await _host.Get<ClientRegistry>().RemoveAsync(
                id, _ => null, AuditContext.System,
                (change, from) => _host.Get<IRegistryStore>()
                    .SaveClientAsync(change, from, AuditContext.System, CancellationToken.None),
                CancellationToken.None);
        }
    }
}
