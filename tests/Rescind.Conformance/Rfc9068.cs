using System.Buffers.Text;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Conformance;

/// <summary>RFC 9068: the shape of the access tokens that come out of the Authority over real HTTP.</summary>
public sealed class Rfc9068(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private static readonly string[] Required = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"];

    private readonly AuthorityHost _authority = shared.Host;

    [Fact]
    [Proves("AT-1", "AT-3", "AT-11")]
    public async Task A_persons_token_has_the_type_and_every_required_claim_and_names_its_session()
    {
        var started = await StartAsync("""{"subject":"alice","audience":"orders"}""");
        var (header, claims) = Read(started["access_token"]!);

        header.GetProperty("typ").GetString().ShouldBe("at+jwt");
        claims.EnumerateObject().Select(claim => claim.Name).ShouldBeSubsetOf([.. Required, "sid", "auth_time", "lpos"]);
        Required.ShouldBeSubsetOf(claims.EnumerateObject().Select(claim => claim.Name));
        (Text(claims, "iss"), Text(claims, "sub"), Text(claims, "sid"))
            .ShouldBe((AuthorityHost.Issuer, "alice", started["session_id"]));
    }

    [Fact]
    [Proves("AT-1", "AT-3", "AT-5")]
    public async Task A_clients_token_names_the_client_as_its_subject()
    {
        var id = (await _authority.AddClientAsync(Entropy.System.NextId(), ClientKind.Confidential, "feed")).ClientId;
        var answer = await _authority.PostFormAsync("/token", "grant_type=client_credentials", basic: id);
        var (header, claims) = Read(answer["access_token"]!);

        header.GetProperty("typ").GetString().ShouldBe("at+jwt");
        Required.ShouldBeSubsetOf(claims.EnumerateObject().Select(claim => claim.Name));
        (Text(claims, "sub"), Text(claims, "client_id"), Text(claims, "scope")).ShouldBe(($"client:{id}", id, "feed"));
    }

    [Theory]
    [Proves("AT-5")]
    [InlineData("client:web")]
    [InlineData("CLIENT:web")]
    [InlineData("client:")]
    public async Task No_person_may_be_called_like_a_client(string subject) =>
        (await StartAsync($$"""{"subject":"{{subject}}","audience":"orders"}""")).ShouldBeProblem(HttpStatusCode.Forbidden);

    [Theory]
    [Proves("AT-2")]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES384")]
    public async Task Other_algorithms_sign_when_they_are_chosen(string algorithm)
    {
        await using var authority = await AuthorityHost.StartAsync(
            services => services.PostConfigure<AuthorityOptions>(options => options.SigningAlgorithm = algorithm));
        var token = authority.AccessTokenOf(await authority.StartSessionAsync());

        Read(token).Header.GetProperty("alg").GetString().ShouldBe(algorithm);
        authority.Read(token)!.Verdict.IsValid.ShouldBeTrue();
    }

    [Theory]
    [Proves("AT-2")]
    [InlineData("none")]
    [InlineData("HS1")]
    [InlineData("")]
    public void An_Authority_that_would_not_sign_does_not_start(string algorithm) =>
        Should.Throw<Exception>(() => AuthorityHost.StartAsync(
            services => services.PostConfigure<AuthorityOptions>(options => options.SigningAlgorithm = algorithm)));

    [Fact]
    [Proves("AT-4", "SU-3", "SU-4")]
    public async Task The_login_that_a_token_speaks_of_does_not_change_through_refreshes()
    {
        var login = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 600;
        var started = await StartAsync(
            $$"""{"subject":"dora","audience":"orders","auth_time":{{login}},"acr":"2","amr":["pwd","otp"]}""");

        var refreshed = await _authority.RefreshAsync(started["refresh_token"]!);

        foreach (var answer in new[] { started, refreshed })
        {
            var claims = Read(answer["access_token"]!).Claims;
            (claims.GetProperty("auth_time").GetInt64(), Text(claims, "acr")).ShouldBe((login, "2"));
            claims.GetProperty("amr").EnumerateArray().Select(one => one.GetString()).ShouldBe(["pwd", "otp"]);
        }
    }

    [Fact]
    [Proves("AT-6", "AT-7")]
    public async Task Scope_and_audience_are_those_that_were_asked_for()
    {
        var started = await StartAsync("""{"subject":"alice","audience":["orders","stock"],"scope":"orders.read stock.read"}""");
        var claims = Read(started["access_token"]!).Claims;

        Text(claims, "scope").ShouldBe("orders.read stock.read");
        claims.GetProperty("aud").EnumerateArray().Select(one => one.GetString()).ShouldBe(["orders", "stock"]);
    }

    [Fact]
    [Proves("JWT-4")]
    public async Task No_two_tokens_have_the_same_id()
    {
        var session = await _authority.StartSessionAsync();
        var ids = Enumerable.Range(0, 1000).Select(_ => Text(Read(_authority.AccessTokenOf(session)).Claims, "jti")).ToList();
        ids.Distinct(StringComparer.OrdinalIgnoreCase).Count().ShouldBe(ids.Count);
    }

    private Task<Answer> StartAsync(string body) => _authority.StartAsync(body);

    private static (JsonElement Header, JsonElement Claims) Read(string token) => (Part(token, 0), Part(token, 1));

    private static JsonElement Part(string token, int index) =>
        JsonElement.Parse(Base64Url.DecodeFromChars(token.Split('.')[index]));

    private static string? Text(JsonElement claims, string name) => claims.GetProperty(name).GetString();
}
