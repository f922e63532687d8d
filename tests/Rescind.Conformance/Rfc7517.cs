using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rescind.Authority;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Rescind.Conformance;

/// <summary>RFC 7517 and RFC 7638: the key set over real HTTP.</summary>
public sealed class Rfc7517(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private static readonly string[] PrivateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    private readonly AuthorityHost _authority = shared.Host;

    [Fact]
    [Proves("JWK-6")]
    public async Task The_key_set_may_be_kept_for_five_minutes_and_is_not_sent_again_while_it_is_the_same()
    {
        var first = await _authority.GetAsync("/.well-known/jwks.json");
        first.Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/jwk-set+json");
        (first.Response.Headers.CacheControl!.Public, first.Response.Headers.CacheControl.MaxAge)
            .ShouldBe((true, TimeSpan.FromMinutes(5)));

        var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks.json");
        request.Headers.IfNoneMatch.Add(first.Response.Headers.ETag!);
        var second = await _authority.SendAsync(request);

        (second.Status, second.Text).ShouldBe((HttpStatusCode.NotModified, ""));
        second.Response.Headers.ETag.ShouldBe(first.Response.Headers.ETag);
    }

    [Theory]
    [InlineData("\"other\", {0}")]
    [InlineData("W/{0}")]
    [InlineData("*")]
    public async Task Every_form_of_If_None_Match_is_understood(string format)
    {
        var tag = (await _authority.GetAsync("/.well-known/jwks.json")).Response.Headers.ETag!.ToString();
        var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks.json");
        request.Headers.TryAddWithoutValidation("If-None-Match", string.Format(CultureInfo.InvariantCulture, format, tag));
        (await _authority.SendAsync(request)).Status.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    [Proves("JWK-1", "JWK-6")]
    public async Task After_a_rotation_the_set_holds_the_old_key_the_new_one_and_the_next_one_under_three_ids()
    {
        await using var authority = await AuthorityHost.StartAsync();
        var before = (await KeysAsync(authority)).Select(IdOf).ToList();

        await authority.PostJsonAsync("/v1/keys/rotate", await authority.BearerAsync("admin"), "");

        var after = (await KeysAsync(authority)).Select(IdOf).ToList();
        (before.Distinct().Count(), after.Distinct().Count()).ShouldBe((2, 3));
        before.ShouldBeSubsetOf(after);
    }

    [Theory]
    [Proves("JWK-3", "JWK-4", "JWK-5")]
    [InlineData("ES256", "crv,kty,x,y")]
    [InlineData("ES384", "crv,kty,x,y")]
    [InlineData("RS256", "e,kty,n")]
    [InlineData("PS256", "e,kty,n")]
    public async Task A_key_shows_its_public_members_alone_and_its_id_is_their_thumbprint(string algorithm, string members)
    {
        await using var authority = await StartAsync(algorithm);
        foreach (var key in await KeysAsync(authority))
        {
            key.EnumerateObject().Select(member => member.Name).ShouldNotContain(name => PrivateMembers.Contains(name));
            (key.GetProperty("use").GetString(), key.GetProperty("alg").GetString()).ShouldBe(("sig", algorithm));
            var required = string.Join(
                ',', members.Split(',').Select(name => $"\"{name}\":\"{key.GetProperty(name).GetString()}\""));
            IdOf(key).ShouldBe(Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes("{" + required + "}"))));
        }
    }

    [Theory]
    [Proves("JWS-7", "BCP-10")]
    [InlineData("RS256", "n", 256)]
    [InlineData("PS256", "n", 256)]
    [InlineData("ES256", "x", 32)]
    [InlineData("ES384", "x", 48)]
    public async Task A_key_is_as_long_as_its_algorithm_asks(string algorithm, string member, int bytes)
    {
        await using var authority = await StartAsync(algorithm);
        (await KeysAsync(authority))
            .ShouldAllBe(key => Base64Url.DecodeFromChars(key.GetProperty(member).GetString()).Length >= bytes);
    }

    private static Task<AuthorityHost> StartAsync(string algorithm) => AuthorityHost.StartAsync(
        services => services.PostConfigure<AuthorityOptions>(options => options.SigningAlgorithm = algorithm));

    private static async Task<IReadOnlyList<JsonElement>> KeysAsync(AuthorityHost authority) =>
        [.. (await authority.GetAsync("/.well-known/jwks.json")).Json.GetProperty("keys").EnumerateArray()];

    private static string IdOf(JsonElement key) => key.GetProperty("kid").GetString()!;
}
