using System.Net;
using Rescind.Conformance.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Conformance;

/// <summary>RFC 7519: the claims, judged by a verifier over real HTTP.</summary>
public sealed class Rfc7519(SharedApi shared) : IClassFixture<SharedApi>
{
    private readonly FakeLog _log = shared.Log;

    [Fact]
    [Proves("JWT-1")]
    public async Task A_token_is_dead_at_its_exp_and_the_leeway()
    {
        await shared.ShouldRefuseAsync(_log.Mint(new { iat = Minting.Now - 100, exp = Minting.Now - 30 }));
        (await shared.Api.StatusAsync(_log.Mint(new { iat = Minting.Now - 100, exp = Minting.Now - 5 })))
            .ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Proves("JWT-2")]
    public async Task A_token_is_not_taken_before_its_nbf()
    {
        await shared.ShouldRefuseAsync(_log.Mint(new { nbf = Minting.Now + 200 }));
        (await shared.Api.StatusAsync(_log.Mint(new { nbf = Minting.Now + 5 }))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Proves("JWT-3", "BCP-14", "AT-8")]
    public async Task A_token_that_is_not_for_this_API_is_refused_and_one_for_several_is_not()
    {
        foreach (var audience in new object?[] { null, "other", "Orders", "orders ", new[] { "a", "b" }, Array.Empty<string>() })
        {
            await shared.ShouldRefuseAsync(_log.Mint(new { aud = audience }));
        }

        (await shared.Api.StatusAsync(_log.Mint(new { aud = new[] { "a", "orders" } }))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Proves("JWT-4")]
    public async Task Ids_that_differ_in_case_alone_are_different_tokens()
    {
        var position = _log.End(Match.Token("Jti-Case"));
        await Eventually.Async(() => shared.Api.Status.Position >= position);

        await shared.ShouldRefuseAsync(_log.Mint(new { jti = "Jti-Case" }));
        (await shared.Api.StatusAsync(_log.Mint(new { jti = "jti-case" }))).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [Proves("JWT-5")]
    [InlineData("\"sub\":\"mallory\",")]
    [InlineData("\"exp\":9999999999,")]
    [InlineData("\"unknown\":1,\"unknown\":2,")]
    [InlineData("\"s\\u0075b\":\"mallory\",")]
    public Task A_claim_that_is_there_twice_is_refused(string more) =>
        shared.ShouldRefuseAsync(shared.Sign(shared.Header(), more));

    [Fact]
    [Proves("JWT-6")]
    public async Task Claims_that_nobody_knows_are_ignored() =>
        (await shared.Api.StatusAsync(_log.Mint(new { unheard_of = new { a = new[] { 1, 2 } } })))
            .ShouldBe(HttpStatusCode.OK);

    [Theory]
    [Proves("JWT-7")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    [InlineData("{}{}")]
    [InlineData("{\"iss\":NaN}")]
    [InlineData("{\"iss\":\"\\ud800\"}")]
    [InlineData("\ufeff{}")]
    public Task A_payload_that_is_not_one_object_in_UTF_8_is_refused(string payload) =>
        shared.ShouldRefuseAsync(_log.Key.Sign(shared.Header(), payload));

    [Theory]
    [Proves("JWT-8")]
    [InlineData("exp", "\"9999999999\"")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "1e400")]
    [InlineData("exp", "253402300800")]
    [InlineData("exp", "9007199254740993")]
    [InlineData("exp", "true")]
    [InlineData("exp", "null")]
    [InlineData("exp", "[1]")]
    [InlineData("iat", "\"1\"")]
    [InlineData("iat", "-1")]
    [InlineData("iat", "1e400")]
    [InlineData("iat", "{}")]
    [InlineData("nbf", "\"1\"")]
    [InlineData("nbf", "1e400")]
    public Task A_date_that_is_no_number_in_range_is_refused_and_never_means_forever(string claim, string value)
    {
        var without = claim is "exp" ? new { exp = (long?)null } : claim is "iat" ? new { iat = (long?)null } : (object)new { };
        return shared.ShouldRefuseAsync(shared.Sign(shared.Header(), $"\"{claim}\":{value},", without));
    }

    [Fact]
    [Proves("JWT-8")]
    public async Task Fractions_of_a_second_are_legal() =>
        (await shared.Api.StatusAsync(_log.Mint(new { exp = Minting.Now + 100.25, iat = Minting.Now - 0.5 })))
            .ShouldBe(HttpStatusCode.OK);

    [Fact]
    [Proves("JWT-9")]
    public async Task A_token_from_the_future_is_refused()
    {
        await shared.ShouldRefuseAsync(_log.Mint(new { iat = Minting.Now + 200 }));
        (await shared.Api.StatusAsync(_log.Mint(new { iat = Minting.Now + 5 }))).ShouldBe(HttpStatusCode.OK);
    }
}
