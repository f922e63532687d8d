using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>What the record of another issuer refuses, and what to write into it: docs/guide/foreign-issuers.md.</summary>
public sealed class ForeignRecords
{
    private const string Issuer = "https://idp.test";

    private readonly FakeLog _log = new();

    [Theory]
    [InlineData("at+jwt", "at+jwt", HttpStatusCode.OK)]
    [InlineData("JWT", "at+jwt", HttpStatusCode.Unauthorized)]
    [InlineData(null, "at+jwt", HttpStatusCode.Unauthorized)]
    [InlineData("JWT", "JWT at+jwt", HttpStatusCode.OK)]
    [InlineData("at+jwt", "JWT at+jwt", HttpStatusCode.OK)]
    [InlineData(null, "JWT at+jwt", HttpStatusCode.Unauthorized)]
    [InlineData(null, "", HttpStatusCode.OK)]
    public async Task A_type_is_one_of_the_records(string? type, string types, HttpStatusCode status) =>
        (await StatusAsync(IssuerClaims.Standard, new { iss = Issuer }, new { typ = type }, types.Split(' '))).ShouldBe(status);

    [Theory]
    [InlineData("sub")]
    [InlineData("sid")]
    [InlineData("jti")]
    [InlineData("client_id")]
    public async Task An_id_that_is_a_number_is_refused(string claim) =>
        (await StatusAsync(IssuerClaims.Standard, Numbered(claim))).ShouldBe(HttpStatusCode.Unauthorized);

    [Theory]
    [InlineData("sub", "name", "sid", "jti", HttpStatusCode.OK)]
    [InlineData("sid", "sub", "", "jti", HttpStatusCode.OK)]
    [InlineData("jti", "sub", "sid", "", HttpStatusCode.Unauthorized)]
    public async Task A_number_is_overlooked_where_the_record_names_another_claim_or_none_but_the_framework_takes_no_such_jti(
        string claim, string subject, string session, string token, HttpStatusCode status) =>
        (await StatusAsync(new(subject, session, token, "client_id"), Numbered(claim))).ShouldBe(status);

    private static Dictionary<string, object> Numbered(string claim) =>
        new() { ["iss"] = Issuer, ["name"] = "alice", [claim] = 1234567 };

    private async Task<HttpStatusCode> StatusAsync(
        IssuerClaims names, object claims, object? header = null, params string[] types)
    {
        var key = new SigningKey();
        _log.Register(new()
        {
            Issuer = Issuer,
            Limits = FakeLog.Limits,
            Types = types is [] ? ["at+jwt"] : types,
            Algorithms = ["ES256"],
            Claims = names,
        });
        await using var api = await Api.StartAsync(_log, schemes => schemes.AddJwtBearer(jwt =>
        {
            jwt.Audience = "orders";
            jwt.TokenValidationParameters.ValidIssuer = Issuer;
            jwt.TokenValidationParameters.IssuerSigningKey = new JsonWebKey(key.Jwk) { KeyId = key.KeyId };
        }).AddRevocation());
        return await api.StatusAsync(_log.Mint(claims, header: header, key: key));
    }
}
