using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Rescind.Conformance.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Conformance;

/// <summary>RFC 8725 and its successor: the known attacks on verifiers, over real HTTP.</summary>
public sealed class Rfc8725(SharedApi shared) : IClassFixture<SharedApi>
{
    private readonly FakeLog _log = shared.Log;

    [Theory]
    [Proves("BCP-1", "BCP-2", "BCP-3", "BCP-5")]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("noNE")]
    [InlineData("HS256")]
    [InlineData("ES384")]
    [InlineData("RS256")]
    [InlineData("es256")]
    [InlineData("ES256 ")]
    [InlineData("EdDSA")]
    public Task An_algorithm_that_this_issuer_does_not_use_is_refused(string algorithm) =>
        shared.ShouldRefuseAsync(_log.Mint(header: new { alg = algorithm }));

    [Fact]
    [Proves("BCP-5")]
    public Task An_unsigned_token_is_refused() =>
        shared.ShouldRefuseAsync(
            _log.Mint(header: new { alg = "none" }) is var token ? token[..(token.LastIndexOf('.') + 1)] : "");

    [Fact]
    [Proves("BCP-2")]
    public Task The_public_key_is_no_shared_secret()
    {
        var input = _log.Mint(header: new { alg = "HS256" }) is var token ? token[..token.LastIndexOf('.')] : "";
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(_log.Key.Jwk), Encoding.ASCII.GetBytes(input));
        return shared.ShouldRefuseAsync($"{input}.{Base64Url.EncodeToString(mac)}");
    }

    [Fact]
    [Proves("BCP-6", "AT-8")]
    public async Task A_signature_of_other_content_or_of_another_key_is_refused()
    {
        var (good, other) = (_log.Mint(), _log.Mint(new { sub = "mallory" }));
        await shared.ShouldRefuseAsync(good[..good.LastIndexOf('.')] + other[other.LastIndexOf('.')..]);

        var stranger = new SigningKey();
        var payload = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(good.Split('.')[1]));
        await shared.ShouldRefuseAsync(stranger.Sign(shared.Header(), payload));
    }

    [Theory]
    [Proves("BCP-7", "BCP-8", "BCP-19")]
    [InlineData("not.a.token!")]
    [InlineData("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAA.AAAA.AAAA.AAAA")]
    [InlineData("eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJwMmMiOjIwMDAwMDAwMDAsImVuYyI6IkExMjhHQ00iLCJ6aXAiOiJERUYifQ.A.A.A.A")]
    [InlineData("{\"payload\":\"e30\",\"protected\":\"e30\",\"signature\":\"AA\"}")]
    public Task What_is_encrypted_or_serialised_otherwise_is_no_token(string token) => shared.ShouldRefuseAsync(token);

    [Fact]
    [Proves("BCP-12", "AT-8")]
    public async Task A_key_of_this_issuer_signs_for_no_other()
    {
        foreach (var issuer in new[] { null, FakeLog.Issuer + "/", FakeLog.Issuer.ToUpperInvariant(), "https://elsewhere.test" })
        {
            await shared.ShouldRefuseAsync(_log.Mint(new { iss = issuer }));
        }
    }

    [Theory]
    [Proves("BCP-15")]
    [InlineData("jku", "\"https://issuer.test/keys\"")]
    [InlineData("x5u", "\"https://issuer.test/cert\"")]
    [InlineData("jwk", "{\"kty\":\"EC\"}")]
    [InlineData("x5c", "[\"AAAA\"]")]
    public Task A_token_that_brings_its_own_key_is_refused(string member, string value) =>
        shared.ShouldRefuseAsync(shared.Sign(shared.Header($"\"{member}\":{value},")));

    [Theory]
    [Proves("BCP-15")]
    [InlineData("' or 1=1 --")]
    [InlineData("../../etc/passwd")]
    [InlineData("*")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_kid_is_looked_up_and_nothing_else(string? kid)
    {
        await shared.ShouldRefuseAsync(_log.Mint(header: new { kid }));
        await shared.ShouldRefuseAsync(_log.Mint(header: new { kid = new string('k', 300) }));
    }

    [Theory]
    [Proves("BCP-16", "BCP-17", "AT-1", "AT-8")]
    [InlineData(null)]
    [InlineData("JWT")]
    [InlineData("logout+jwt")]
    [InlineData("secevent+jwt")]
    [InlineData("dpop+jwt")]
    [InlineData("at+jwt; v=1")]
    public Task A_token_of_another_kind_is_no_access_token(string? type) =>
        shared.ShouldRefuseAsync(_log.Mint(header: new { typ = type }));

    [Theory]
    [Proves("BCP-16", "AT-1")]
    [InlineData("AT+jwt")]
    [InlineData("application/at+jwt")]
    [InlineData("application/AT+jwt")]
    public async Task The_media_type_of_a_token_is_compared_as_one(string type) =>
        (await shared.Api.StatusAsync(_log.Mint(header: new { typ = type }))).ShouldBe(HttpStatusCode.OK);

    [Fact]
    [Proves("BCP-11")]
    public async Task Text_is_UTF_8_alone()
    {
        var payload = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(_log.Mint().Split('.')[1]));
        (await shared.Api.StatusAsync(_log.Mint(new { name = "Zoë 😀" }))).ShouldBe(HttpStatusCode.OK);
        await shared.ShouldRefuseAsync(_log.Key.Sign(
            Encoding.UTF8.GetBytes(shared.Header()), Encoding.Latin1.GetBytes("{\"name\":\"Zo\u00eb\"," + payload[1..])));
    }

    [Fact]
    [Proves("JWT-8")]
    public async Task A_token_that_lives_longer_than_its_issuer_declared_is_refused()
    {
        await shared.ShouldRefuseAsync(_log.Mint(new { exp = Minting.Now + 4000 }));
        await shared.ShouldRefuseAsync(_log.Mint(new { exp = (long?)null }));
    }
}
