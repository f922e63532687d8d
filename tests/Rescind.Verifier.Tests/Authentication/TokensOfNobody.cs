using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>A token that names nobody could not be revoked.</summary>
public sealed class TokensOfNobody
{
    private const string Foreign = "https://idp.test";

    private readonly FakeLog _log = new();

    [Theory]
    [InlineData("alice", "web", false, HttpStatusCode.OK)]
    [InlineData("alice", null, true, HttpStatusCode.OK)]
    [InlineData(null, "job", false, HttpStatusCode.OK)]
    [InlineData(null, "job", true, HttpStatusCode.Unauthorized)]
    [InlineData(null, null, false, HttpStatusCode.Unauthorized)]
    public async Task A_foreign_token_names_somebody_who_could_be_revoked(
        string? sub, string? client, bool required, HttpStatusCode status)
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
