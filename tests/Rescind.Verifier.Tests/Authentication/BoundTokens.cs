using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>A token that is bound to a key is no plain bearer token (RFC 9449 7.2); one that names nobody could not be revoked.</summary>
public sealed class BoundTokens
{
    private const string Foreign = "https://idp.test";

    private readonly FakeLog _log = new();

    public static TheoryData<object> Bindings { get; } =
        [new { cnf = new { jkt = "x" } }, new Dictionary<string, object> { ["cnf"] = new Dictionary<string, string> { ["x5t#S256"] = "x" } },
            new { cnf = Array.Empty<int>() }, new { cnf = "x" }];

    [Theory]
    [MemberData(nameof(Bindings), DisableDiscoveryEnumeration = true)]
    public async Task A_token_that_is_bound_to_a_key_is_refused(object bound)
    {
        await using var api = await Api.StartAsync(_log);

        using var answer = await api.GetAsync(_log.Mint(bound));

        answer.ShouldBeDead();
        (await api.StatusAsync(_log.Mint())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task It_is_taken_where_the_scheme_says_that_the_app_verifies_the_binding()
    {
        await using var api = await Api.StartAsync(_log, static schemes => schemes.AddRescind(static options =>
            (options.Audience, options.AppVerifiesTokenBinding) = ("orders", true)));

        (await api.StatusAsync(_log.Mint(new { cnf = new { jkt = "x" } }))).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("alice", "web", false, HttpStatusCode.OK)]
    [InlineData("alice", null, true, HttpStatusCode.OK)]
    [InlineData(null, "job", false, HttpStatusCode.OK)]
    [InlineData(null, "job", true, HttpStatusCode.Unauthorized)]
    [InlineData(null, null, false, HttpStatusCode.Unauthorized)]
    public async Task A_foreign_token_names_somebody_who_could_be_revoked(string? sub, string? client, bool required, HttpStatusCode status)
    {
        var key = new SigningKey();
        _log.Register(new()
        {
            Issuer = Foreign, Limits = FakeLog.Limits, Types = ["at+jwt"], Algorithms = ["ES256"], SubjectRequired = required,
        });
        await using var api = await Api.StartAsync(_log, schemes => schemes.AddJwtBearer(jwt =>
        {
            jwt.Audience = "orders";
            jwt.TokenValidationParameters.ValidIssuer = Foreign;
            jwt.TokenValidationParameters.IssuerSigningKey = new JsonWebKey(key.Jwk) { KeyId = key.KeyId };
        }).AddRevocation());

        (await api.StatusAsync(_log.Mint(new { iss = Foreign, sub, client_id = client }, key: key))).ShouldBe(status);
    }
}
