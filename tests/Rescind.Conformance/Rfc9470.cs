using System.Net;
using Rescind.Conformance.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Conformance;

/// <summary>RFC 9470: "log in again for this", over real HTTP.</summary>
public sealed class Rfc9470(SharedApi shared) : IClassFixture<SharedApi>
{
    private const string StepUp =
        "^Bearer error=\"insufficient_user_authentication\", error_description=\"[^\"]+\", max_age=\"[0-9]+\"$";

    private readonly FakeLog _log = shared.Log;

    [Fact]
    [Proves("SU-1")]
    public async Task Reauthenticate_names_the_age_that_a_login_may_have()
    {
        await ReauthenticateAsync("alice");

        using var answer = await shared.Api.GetAsync(_log.Mint(new { auth_time = Minting.Now - 100 }));

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Challenge().ShouldMatch(StepUp);
    }

    [Fact]
    [Proves("SU-1")]
    public async Task A_route_names_the_age_and_the_strength_that_it_demands()
    {
        using var answer = await shared.Api.GetAsync(
            _log.Mint(new { sub = "erin", acr = "silver", auth_time = Minting.Now - 1000 }), "/vault");

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Challenge().ShouldMatch(", max_age=\"300\", acr_values=\"gold silver\"$");
        answer.Headers.WwwAuthenticate.ShouldHaveSingleItem();
    }

    [Fact]
    [Proves("SU-4")]
    public async Task A_token_that_was_refreshed_since_is_refused_as_long_as_its_login_is_old()
    {
        await ReauthenticateAsync("bob");

        using var answer = await shared.Api.GetAsync(
            _log.Mint(new { sub = "bob", jti = "refreshed", iat = Minting.Now + 1, auth_time = Minting.Now - 100 }));

        answer.Challenge().ShouldMatch(StepUp);
    }

    [Fact]
    [Proves("SU-5")]
    public async Task A_stranger_does_not_learn_what_is_demanded()
    {
        await ReauthenticateAsync("carol");
        var token = _log.Mint(new { sub = "carol", auth_time = Minting.Now - 100 }, key: null);
        await shared.ShouldRefuseAsync(token[..^8] + "AAAAAAAA");
    }

    [Fact]
    [Proves("SU-7")]
    public async Task A_token_that_does_not_say_when_its_login_was_is_too_old()
    {
        await ReauthenticateAsync("dave");

        using var answer = await shared.Api.GetAsync(_log.Mint(new { sub = "dave", auth_time = (long?)null }));

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Challenge().ShouldMatch(StepUp);
    }

    private async Task ReauthenticateAsync(string subject)
    {
        var position = _log.Reauthenticate(Match.Subject(subject));
        await Eventually.Async(() => shared.Api.Status.Position >= position);
    }
}
