using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Rescind.Foreign.Tests.Support;

namespace Rescind.Foreign.Tests.OpenIddict;

/// <summary>Tokens of a real OpenIddict server, taken back at an API that asks nobody.</summary>
public sealed class TakenBack(ForeignWorld world) : IClassFixture<ForeignWorld>, IAsyncLifetime
{
    private ForeignTokens _alice = null!;
    private ForeignTokens _bob = null!;

    public async ValueTask InitializeAsync()
    {
        await world.RegisterAsync();
        (_alice, _bob) =
            (await world.Issuer.LogInAsync("alice-" + Entropy.System.NextId()), await world.Issuer.LogInAsync("bob"));
        (await world.StatusAsync(_alice)).ShouldBe(HttpStatusCode.OK);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_token_by_its_id()
    {
        await ShouldTakeBackAsync(new { token = _alice.Text("jti") });
        (await world.StatusAsync(await world.Issuer.RefreshLaterAsync(_alice))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_login_by_its_authorization() => await ShouldTakeBackAsync(new { session = _alice.Text("oi_au_id") });

    [Fact]
    public async Task A_person() => await ShouldTakeBackAsync(new { subject = _alice.Text("sub") });

    [Fact]
    public async Task A_client() =>
        await ShouldTakeBackAsync(new { client = _alice.Text("client_id") }, new() { ["confirm"] = _alice.Text("client_id") });

    [Fact]
    public async Task A_tenant() => await ShouldTakeBackAsync(
        new { tag = new { name = "tenant", value = _alice.Text("tenant") } }, new() { ["confirm"] = _alice.Text("tenant") });

    [Fact]
    public async Task An_end_of_a_person_does_not_hold_against_a_refresh_at_the_issuer_and_says_so()
    {
        var answer = await ShouldTakeBackAsync(new { subject = _alice.Text("sub") }, new() { ["before"] = SecondOf(_alice) });

        answer.Text.ShouldContain("RSC2107");
        (await world.StatusAsync(await world.Issuer.RefreshLaterAsync(_alice))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_block_of_a_person_holds_against_a_refresh_at_the_issuer()
    {
        var until = DateTimeOffset.UtcNow.AddHours(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        await ShouldTakeBackAsync(new { subject = _alice.Text("sub") }, new() { ["effect"] = "block", ["until"] = until });

        (await world.StatusAsync(await world.Issuer.RefreshLaterAsync(_alice))).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_demand_to_log_in_again_holds_against_a_refresh_and_not_against_a_new_login()
    {
        await ShouldTakeBackAsync(
            new { subject = _alice.Text("sub") }, new() { ["effect"] = "reauthenticate", ["before"] = SecondOf(_alice) });
        var refreshed = await world.Issuer.RefreshLaterAsync(_alice);

        (await world.StatusAsync(refreshed)).ShouldBe(HttpStatusCode.Unauthorized);
        (await world.StatusAsync(await world.Issuer.LogInAsync(_alice.Text("sub")))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_API_has_asked_the_issuer_for_its_metadata_and_keys_once_and_for_nothing_else()
    {
        await ShouldTakeBackAsync(new { subject = _alice.Text("sub") });

        world.Issuer.Requests.Where(path => path.StartsWith("/.well-known/", StringComparison.Ordinal))
            .ShouldBe(["/.well-known/openid-configuration", "/.well-known/jwks"]);
        world.Issuer.Requests.Where(path => !path.StartsWith("/.well-known/", StringComparison.Ordinal)).Distinct()
            .ShouldBe(["/connect/token"]);
    }

    private async Task<Rescind.Authority.Tests.Support.Answer> ShouldTakeBackAsync(object match, JsonObject? more = null)
    {
        var answer = await world.RevokeAsync(match, more);

        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
        (await world.StatusAsync(_alice)).ShouldBe(HttpStatusCode.Unauthorized);
        (await world.StatusAsync(_bob)).ShouldBe(HttpStatusCode.OK);
        return answer;
    }

    private static string SecondOf(ForeignTokens tokens) =>
        DateTimeOffset.FromUnixTimeSeconds(tokens.Number("iat"))
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
