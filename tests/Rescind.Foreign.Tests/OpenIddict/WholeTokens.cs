using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Rescind.Authority.Tests.Support;
using Rescind.Foreign.Tests.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Foreign.Tests.OpenIddict;

/// <summary>
/// A whole token of another issuer, handed to the Authority to be taken back: its word counts once its signature does.
/// </summary>
public sealed class WholeTokens(ForeignWorld world) : IClassFixture<ForeignWorld>, IAsyncLifetime
{
    private ForeignTokens _alice = null!;

    public async ValueTask InitializeAsync()
    {
        await world.RegisterAsync();
        _alice = await world.Issuer.LogInAsync("alice");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_genuine_one_is_taken_back_by_its_id_and_no_other_is()
    {
        var bob = await world.Issuer.LogInAsync("bob");

        var answer = await world.RevokeAsync(new { token = _alice.Access });

        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
        answer.Json.GetProperty("match").GetProperty("token").GetString().ShouldBe(_alice.Text("jti"));
        (await world.StatusAsync(_alice)).ShouldBe(HttpStatusCode.Unauthorized);
        (await world.StatusAsync(bob)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_expired_one_still_names_itself()
    {
        var expired = Changed(claims => claims["exp"] = _alice.Number("iat") - 60);

        (await world.RevokeAsync(new { token = expired })).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task One_without_an_id_is_taken_back_by_its_digest_and_the_answer_says_so()
    {
        var nameless = Changed(claims => claims.Remove("jti"));
        (await world.Api.StatusAsync(nameless)).ShouldBe(HttpStatusCode.OK);

        var answer = await world.RevokeAsync(new { token = nameless });

        answer.Text.ShouldContain("RSC2105");
        (await world.Api.StatusAsync(nameless)).ShouldBe(HttpStatusCode.Unauthorized);
        (await world.StatusAsync(_alice)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_that_was_changed_or_signed_by_anybody_else_revokes_nothing()
    {
        var (header, signature) = (_alice.Access.Split('.')[0], _alice.Access.Split('.')[2]);
        var stranger = OpenIddictIssuer.NewKey("key-1");

        await ShouldRevokeNothingAsync($"{header}.{Changed(claims => claims["jti"] = "another").Split('.')[1]}.{signature}");
        await ShouldRevokeNothingAsync(_alice.SignAgain(stranger, "key-1"));
        await ShouldRevokeNothingSoonAsync(_alice.SignAgain(stranger, "unheard of"));
        await ShouldRevokeNothingAsync(_alice.SignAgain(world.Key, null));
        await ShouldRevokeNothingAsync(Changed(claims => claims["iss"] = "https://elsewhere.example"));
    }

    [Fact]
    public async Task Names_of_keys_that_nobody_has_heard_of_do_not_make_the_issuer_be_asked_again_and_again()
    {
        var (asked, started) = (AskedForKeys(), TimeProvider.System.GetTimestamp());

        for (var i = 0; i < 20; i++)
        {
            var answer = await world.RevokeAsync(new { token = _alice.SignAgain(world.Key, $"unheard of {i}") });
            answer.Status.ShouldBeOneOf([HttpStatusCode.BadRequest, HttpStatusCode.ServiceUnavailable], answer.Text);
        }

        var most = 1 + (int)(TimeProvider.System.GetElapsedTime(started) / FetchTimes.Pause);
        (AskedForKeys() - asked).ShouldBeLessThanOrEqualTo(most);
    }

    [Fact]
    public async Task A_client_whose_record_does_not_list_the_issuer_does_not_even_make_it_be_asked()
    {
        await using var keys = await KeyServer.StartAsync(static _ => Task.CompletedTask);
        await world.RegisterAsync(new() { ["jwks_uri"] = keys.Url });

        var body = new JsonObject
        {
            ["match"] = new JsonObject { ["token"] = _alice.Access }, ["issuer"] = world.Issuer.Issuer, ["reason"] = "x",
        };
        var answer = await world.Authority.PostJsonAsync(
            "/v1/revocations", await world.Authority.BearerAsync("revoke"), body.ToJsonString());

        (answer.Status, answer["code"]).ShouldBe((HttpStatusCode.Forbidden, "RSC2013"));
        keys.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_the_place_of_the_keys_nothing_can_be_verified()
    {
        await world.RegisterAsync(new() { ["jwks_uri"] = null });

        await ShouldRevokeNothingAsync(_alice.Access);
    }

    [Fact]
    public async Task Keys_that_cannot_be_fetched_are_unknown()
    {
        await ShouldBeUnknownAsync(FailAsync);
        await ShouldBeUnknownAsync(static context => context.Response.WriteAsync("<html>"));
        await ShouldBeUnknownAsync(
            static context => context.Response.WriteAsync("{\"keys\":[" + new string(' ', 300_000) + "]}"));
    }

    [Fact]
    public async Task A_key_that_was_taken_back_signs_nothing_though_the_keys_cannot_be_fetched()
    {
        await using var keys = await KeyServer.StartAsync(FailAsync);
        await world.RegisterAsync(new() { ["jwks_uri"] = keys.Url + "/keys" });
        (await world.RevokeAsync(new { key = "stolen" }, new() { ["confirm"] = "stolen" })).Status
            .ShouldBe(HttpStatusCode.Created);

        await ShouldRevokeNothingAsync(_alice.SignAgain(world.Key, "stolen"));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        var asked = AskedForKeys();

        await ShouldBeUnknownAsync(context =>
        {
            context.Response.Redirect(world.Issuer.JwksUri);
            return Task.CompletedTask;
        });

        AskedForKeys().ShouldBe(asked);
    }

    private static Task FailAsync(HttpContext context)
    {
        context.Response.StatusCode = 500;
        return Task.CompletedTask;
    }

    private async Task ShouldBeUnknownAsync(RequestDelegate answering)
    {
        await using var keys = await KeyServer.StartAsync(answering);
        await world.RegisterAsync(new() { ["jwks_uri"] = keys.Url + "/keys" });
        var before = world.Authority.Tail.Head;

        var answer = await world.RevokeAsync(new { token = _alice.Access });

        (answer.Status, answer["code"]).ShouldBe((HttpStatusCode.ServiceUnavailable, "RSC1603"), answer.Text);
        answer.Response.Headers.RetryAfter.ShouldNotBeNull();
        keys.Requests.ShouldBe(["/keys"]);
        world.Authority.Tail.Head.ShouldBe(before);
    }

    // Unknown until the keys were asked for since.
    private async Task ShouldRevokeNothingSoonAsync(string token)
    {
        await Eventually.Async(
            async () => (await world.RevokeAsync(new { token })).Status is not HttpStatusCode.ServiceUnavailable);
        (await world.RevokeAsync(new { token })).Status
            .ShouldBeOneOf([HttpStatusCode.BadRequest, HttpStatusCode.ServiceUnavailable]);
    }

    private async Task ShouldRevokeNothingAsync(string token)
    {
        var before = world.Authority.Tail.Head;

        var answer = await world.RevokeAsync(new { token });

        (answer.Status, answer["code"]).ShouldBe((HttpStatusCode.BadRequest, "RSC2004"), answer.Text);
        world.Authority.Tail.Head.ShouldBe(before);
    }

    private string Changed(Action<JsonObject> change)
    {
        var claims = _alice.Claims.DeepClone().AsObject();
        change(claims);
        return _alice.SignAgain(world.Key, world.Key.KeyId, claims);
    }

    private int AskedForKeys() => world.Issuer.Requests.Count(path => path == "/.well-known/jwks");
}
