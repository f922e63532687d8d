using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Tests.Tokens;

public sealed class AccessTokenTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Issuance _issuance = null!;

    public async ValueTask InitializeAsync() => _issuance = await Issuance.StartAsync(_folder.Path);

    public async ValueTask DisposeAsync()
    {
        await _issuance.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void A_session_token_says_what_RFC_9068_asks_and_which_head_was_read()
    {
        var session = _issuance.NewSession() with
        {
            Amr = ["pwd", "otp"], Acr = "2", Claims = """{"role":"buyer","limits":{"eur":100}}""",
            Tags = [new("tenant", "acme", default)],
        };
        var jwt = Decode(_issuance.Tokens.IssueFor(session, new(42)));

        (jwt.Typ, jwt.Alg, jwt.Kid).ShouldBe(("at+jwt", "ES256", _issuance.Keys.Active.Id));
        Claim(jwt, "iss").GetString().ShouldBe(Issuance.Issuer);
        Claim(jwt, "sub").GetString().ShouldBe("alice");
        Claim(jwt, "aud").GetString().ShouldBe("orders");
        Claim(jwt, "client_id").GetString().ShouldBe("web");
        Claim(jwt, "sid").GetString().ShouldBe(session.Id);
        Claim(jwt, "lpos").GetInt64().ShouldBe(42);
        Claim(jwt, "auth_time").GetInt64().ShouldBe(session.AuthenticatedAt);
        Claim(jwt, "scope").GetString().ShouldBe(session.Scope);
        Claim(jwt, "acr").GetString().ShouldBe("2");
        Claim(jwt, "amr").EnumerateArray().Select(one => one.GetString()).ShouldBe(["pwd", "otp"]);
        Claim(jwt, "role").GetString().ShouldBe("buyer");
        Claim(jwt, "limits").GetProperty("eur").GetInt64().ShouldBe(100);
        Claim(jwt, "tenant").GetString().ShouldBe("acme");
    }

    [Fact]
    public void Several_audiences_are_an_array() =>
        Claim(Decode(_issuance.Tokens.IssueFor(_issuance.NewSession() with { Audience = ["a", "b"] }, default)), "aud")
            .EnumerateArray().Select(one => one.GetString()).ShouldBe(["a", "b"]);

    [Fact]
    public void A_client_token_names_the_client_as_its_subject_and_has_no_session()
    {
        var client = new ClientRecord { ClientId = "orders", Kind = ClientKind.Confidential, Scopes = ["feed"] };
        var jwt = Decode(_issuance.Tokens.IssueFor(client, ["feed", "introspect"], new(7)));

        Claim(jwt, "sub").GetString().ShouldBe("client:orders");
        Claim(jwt, "aud").GetString().ShouldBe(Issuance.Issuer + "/v1");
        Claim(jwt, "scope").GetString().ShouldBe("feed introspect");
        Payload(jwt).TryGetProperty("sid", out _).ShouldBeFalse();
    }

    [Fact]
    public void Lives_are_jittered_down_by_at_most_five_percent_and_told_honestly()
    {
        var lives = Enumerable.Range(0, 200).Select(_ =>
        {
            var token = _issuance.Tokens.IssueFor(_issuance.NewSession(), default);
            var jwt = Decode(token);
            var life = Claim(jwt, "exp").GetInt64() - Claim(jwt, "iat").GetInt64();
            token.ExpiresIn.ShouldBe(TimeSpan.FromSeconds(life));
            return life;
        }).ToList();

        lives.ShouldAllBe(life => life >= 285 && life <= 300);
        lives.Distinct().Count().ShouldBeGreaterThan(5);
    }

    [Fact]
    public void No_token_outlives_its_session()
    {
        var session = _issuance.NewSession();
        var token = _issuance.Tokens.IssueFor(session with { ExpiresAt = session.CreatedAt + 10 }, default);
        token.ExpiresIn.ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task The_stock_library_accepts_it_with_the_published_keys()
    {
        var token = _issuance.Tokens.IssueFor(_issuance.NewSession(), default);
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(token.Text, new()
        {
            ValidIssuer = Issuance.Issuer, ValidAudience = "orders", ValidTypes = ["at+jwt"],
            IssuerSigningKeys = new JsonWebKeySet(
                System.Text.Encoding.UTF8.GetString(_issuance.Keys.Jwks.Body.Span)).GetSigningKeys(),
        });
        result.Exception.ShouldBeNull();
    }

    [Fact]
    public void The_printed_form_of_a_token_does_not_contain_it()
    {
        var token = _issuance.Tokens.IssueFor(_issuance.NewSession(), default);
        $"{token}".ShouldNotContain(token.Text);
    }

    private static JsonWebToken Decode(AccessToken token) => new(token.Text);

    private static JsonElement Payload(JsonWebToken jwt) =>
        JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(jwt.EncodedPayload)).RootElement;

    private static JsonElement Claim(JsonWebToken jwt, string name) => Payload(jwt).GetProperty(name);
}
