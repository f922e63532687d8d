using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Conformance.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Conformance;

/// <summary>
/// RFC 9449 section 7.2, RFC 7800 and RFC 8705: a token that is bound to a key is no plain bearer token, over real HTTP.
/// </summary>
public sealed class Rfc9449(SharedApi shared) : IClassFixture<SharedApi>
{
    private readonly FakeLog _log = shared.Log;

    [Fact]
    [Proves("PT-1")]
    public Task A_token_that_is_bound_to_a_DPoP_key_is_refused_as_a_bearer_token() =>
        shared.ShouldRefuseAsync(_log.Mint(new { cnf = new { jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } }));

    [Fact]
    [Proves("PT-2")]
    public Task A_token_that_is_bound_to_a_client_certificate_is_refused_where_nobody_compares_them() =>
        shared.ShouldRefuseAsync(
            shared.Sign(shared.Header(), "\"cnf\":{\"x5t#S256\":\"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2\"},"));

    [Theory]
    [Proves("PT-3")]
    [InlineData("""{"kid":"x"}""")]
    [InlineData("""{"jwk":{"kty":"EC"}}""")]
    [InlineData("""{"unheard_of":1}""")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("null")]
    public Task A_binding_that_is_not_understood_is_not_overlooked(string confirmation) =>
        shared.ShouldRefuseAsync(shared.Sign(shared.Header(), $"\"cnf\":{confirmation},"));

    [Fact]
    [Proves("PT-4")]
    public async Task A_bound_token_is_taken_where_the_scheme_says_that_the_app_verifies_the_binding()
    {
        await using var api = await Api.StartAsync(_log, static schemes => schemes.AddRescind(static options =>
            (options.Audience, options.AppVerifiesTokenBinding) = ("orders", true)));

        (await api.StatusAsync(_log.Mint(new { cnf = new { jkt = "x" } }))).ShouldBe(HttpStatusCode.OK);
    }
}
