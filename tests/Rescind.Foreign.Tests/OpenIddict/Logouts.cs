using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;
using Rescind.Authority.Tests.Support;
using Rescind.Foreign.Tests.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Foreign.Tests.OpenIddict;

/// <summary>Back-channel logout: the issuer says that somebody has gone, and the API knows (BL-1, BL-2, BL-3).</summary>
public sealed class Logouts(ForeignWorld world) : IClassFixture<ForeignWorld>, IAsyncLifetime
{
    private static JsonArray Apps => ["another-app", LogoutTokens.Audience];

    private static readonly Dictionary<string, Action<JsonObject, JsonObject>> Broken = new()
    {
        ["an access token's typ"] = static (header, _) => header["typ"] = "at+jwt",
        ["the typ of another security event"] = static (header, _) => header["typ"] = "secevent+jwt",
        ["no key"] = static (header, _) => header.Remove("kid"),
        ["an algorithm that is not the issuer's"] = static (header, _) => header["alg"] = "RS512",
        ["an ID token"] = static (_, claims) =>
        {
            claims.Remove("events");
            claims["nonce"] = "n-1";
        },
        ["a nonce"] = static (_, claims) => claims["nonce"] = "n-1",
        ["a nonce that is null"] = static (_, claims) => claims["nonce"] = null,
        ["no events"] = static (_, claims) => claims.Remove("events"),
        ["events of another kind"] = static (_, claims) =>
            claims["events"] = new JsonObject { ["https://x.example"] = new JsonObject() },
        ["an event by https"] = static (_, claims) =>
            claims["events"] = new JsonObject { ["https" + LogoutTokens.Event[4..]] = new JsonObject() },
        ["an event that is no object"] = static (_, claims) => claims["events"] = new JsonObject { [LogoutTokens.Event] = true },
        ["another audience"] = static (_, claims) => claims["aud"] = "orders",
        ["no audience"] = static (_, claims) => claims.Remove("aud"),
        ["another issuer"] = static (_, claims) => claims["iss"] = "https://elsewhere.example",
        ["no issuer"] = static (_, claims) => claims.Remove("iss"),
        ["no iat"] = static (_, claims) => claims.Remove("iat"),
        ["an iat that is text"] = static (_, claims) => claims["iat"] = "now",
        ["an iat in the future"] = static (_, claims) => claims["iat"] = Minting.Now + 120,
        ["an iat of long ago"] = static (_, claims) => claims["iat"] = Minting.Now - 700,
        ["no exp"] = static (_, claims) => claims.Remove("exp"),
        ["an exp that has passed"] = static (_, claims) => claims["exp"] = Minting.Now - 60,
        ["no jti"] = static (_, claims) => claims.Remove("jti"),
        ["neither session nor subject"] = static (_, claims) => claims.Remove("sid"),
    };

    private ForeignTokens _alice = null!;

    public static TheoryData<string> Names { get; } = [.. Broken.Keys];

    public async ValueTask InitializeAsync()
    {
        await world.RegisterAsync(new() { ["logout_audiences"] = Apps });
        _alice = await world.Issuer.LogInAsync("alice-" + Entropy.System.NextId());
        (await world.StatusAsync(_alice)).ShouldBe(HttpStatusCode.OK);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("logout+jwt")]
    [InlineData("JWT")]
    [InlineData(null)]
    public async Task Of_a_session_it_ends_that_session_and_is_audited_as_the_issuers_act(string? type)
    {
        var bob = await world.Issuer.LogInAsync("bob");

        var answer = await LogOutAsync(Token((header, _) =>
        {
            header.Remove("typ");
            if (type is not null)
            {
                header["typ"] = type;
            }
        }));

        (answer.Status, answer.Response.Headers.CacheControl!.NoStore).ShouldBe((HttpStatusCode.OK, true), answer.Text);
        await Eventually.Async(async () => await world.StatusAsync(_alice) == HttpStatusCode.Unauthorized);
        (await world.StatusAsync(bob)).ShouldBe(HttpStatusCode.OK);
        var act = (await ActsAsync()).First();
        (act.GetProperty("actor").GetString(),
            act.GetProperty("match").GetProperty("session").GetString(), act.GetProperty("effect").GetString())
            .ShouldBe(("issuer:" + world.Issuer.Issuer, _alice.Text("oi_au_id"), "end"));
    }

    [Fact]
    public async Task Of_a_person_alone_it_ends_what_is_from_before_the_event_and_spares_a_later_login()
    {
        var token = Token((_, claims) =>
        {
            claims.Remove("sid");
            claims["sub"] = _alice.Text("sub");
            claims["iat"] = _alice.Number("iat");
        });
        var later = await world.Issuer.RefreshLaterAsync(_alice);

        (await LogOutAsync(token)).Status.ShouldBe(HttpStatusCode.OK);

        await Eventually.Async(async () => await world.StatusAsync(_alice) == HttpStatusCode.Unauthorized);
        (await world.StatusAsync(later)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_same_token_again_is_the_same_act_and_its_id_under_another_session_is_none()
    {
        var token = Token((_, claims) => claims["jti"] = "once");
        (await LogOutAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
        var head = world.Authority.Tail.Head;

        var again = await LogOutAsync(token);
        var reused = await LogOutAsync(Token((_, claims) => (claims["jti"], claims["sid"]) = ("once", "another")));

        again.Status.ShouldBe(HttpStatusCode.OK);
        reused.ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_request");
        world.Authority.Tail.Head.ShouldBe(head);
    }

    [Fact]
    public async Task A_session_that_nobody_has_heard_of_is_logged_out_all_the_same() =>
        (await LogOutAsync(Token((_, claims) => claims["sid"] = "unheard of"))).Status.ShouldBe(HttpStatusCode.OK);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_no_logout_token_logs_nobody_out(string name) => await ShouldLogNobodyOutAsync(Token(Broken[name]));

    [Fact]
    public async Task A_key_that_nobody_has_heard_of_is_unknown_until_the_keys_were_asked_for_since()
    {
        var token = Token(static (header, _) => header["kid"] = "unheard of");
        var answer = await LogOutAsync(token);
        await Eventually.Async(async () =>
        {
            answer = await LogOutAsync(token);
            return answer.Status is not HttpStatusCode.ServiceUnavailable;
        });

        (answer.Status, answer["error"]).ShouldBe((HttpStatusCode.BadRequest, "invalid_request"), answer.Text);
    }

    [Fact]
    public async Task What_somebody_else_signed_logs_nobody_out()
    {
        var genuine = Token();

        await ShouldLogNobodyOutAsync(Token(key: OpenIddictIssuer.NewKey(world.Key.KeyId)));
        await ShouldLogNobodyOutAsync(genuine[..^8] + "AAAAAAAA");
        await ShouldLogNobodyOutAsync(genuine + "=");
        await ShouldLogNobodyOutAsync(_alice.Access);
    }

    [Fact]
    public async Task An_issuer_that_names_no_audience_here_logs_nobody_out()
    {
        await world.RegisterAsync();

        await ShouldLogNobodyOutAsync(Token());
    }

    [Fact]
    public async Task An_issuer_whose_tokens_name_no_session_does_not_end_everything_instead()
    {
        await world.RegisterAsync(new() { ["logout_audiences"] = Apps, ["claims"] = new JsonObject() });

        await ShouldLogNobodyOutAsync(Token((_, claims) => claims["sub"] = _alice.Text("sub")));
    }

    [Fact]
    public async Task Keys_that_cannot_be_fetched_are_no_reason_to_say_no()
    {
        await using var keys = await KeyServer.StartAsync(static context =>
        {
            context.Response.StatusCode = 502;
            return Task.CompletedTask;
        });
        await world.RegisterAsync(new() { ["logout_audiences"] = Apps, ["jwks_uri"] = keys.Url });

        var answer = await LogOutAsync(Token());

        (answer.Status, answer["error"]).ShouldBe((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"));
        answer.Response.Headers.RetryAfter.ShouldNotBeNull();
    }

    private async Task ShouldLogNobodyOutAsync(string token)
    {
        var before = world.Authority.Tail.Head;

        var answer = await LogOutAsync(token);

        answer.ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_request");
        world.Authority.Tail.Head.ShouldBe(before);
    }

    private Task<Answer> LogOutAsync(string token) =>
        world.Authority.PostFormAsync("/backchannel-logout", "logout_token=" + Uri.EscapeDataString(token));

    private async Task<IEnumerable<JsonElement>> ActsAsync() => (await world.Authority.GetAsync(
        $"/v1/revocations?actor={Uri.EscapeDataString("issuer:" + world.Issuer.Issuer)}",
        await world.Authority.BearerAsync("admin")))
        .Json.GetProperty("revocations").EnumerateArray();

    private string Token(Action<JsonObject, JsonObject>? change = null, RsaSecurityKey? key = null) =>
        LogoutTokens.Sign(key ?? world.Key, world.Issuer.Issuer, _alice.Text("oi_au_id"), Minting.Now, change);
}
