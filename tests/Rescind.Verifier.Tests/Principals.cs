using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests;

/// <summary>Subject and session of whoever is logged in, by the names of the token.</summary>
public sealed class Principals
{
    private readonly FakeLog _log = new();

    [Theory]
    [InlineData("AddRescind")]
    [InlineData("AddJwtBearer")]
    [InlineData("AddJwtBearer without mapping")]
    public async Task They_are_read_whatever_the_framework_made_of_the_names(string how)
    {
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log,
            Schemes = schemes => _ = how is "AddRescind"
                ? schemes.AddRescind(static options => options.Audience = "orders")
                : schemes.AddJwtBearer(jwt =>
                {
                    jwt.Audience = "orders";
                    jwt.TokenValidationParameters.ValidIssuer = FakeLog.Issuer;
                    jwt.MapInboundClaims = how is "AddJwtBearer";
                }).AddRevocation(),
            Routes = static app =>
                app.MapGet("/who", (ClaimsPrincipal user) => $"{user.Subject} {user.SessionId}").RequireAuthorization(),
        });

        using var answer = await api.GetAsync(_log.Mint(), "/who");

        (await answer.Content.ReadAsStringAsync()).ShouldBe("alice session-1");
    }

    [Fact]
    public void Another_claim_that_the_framework_gave_the_same_long_name_is_not_the_subject()
    {
        var user = new ClaimsPrincipal(new ClaimsIdentity([Mapped("nameid", "mallory"), Mapped("sub", "alice")]));

        user.Subject.ShouldBe("alice");

        static Claim Mapped(string name, string value) => new(ClaimTypes.NameIdentifier, value)
        {
            Properties = { [JsonWebTokenHandler.ShortClaimTypeProperty] = name },
        };
    }

    [Fact]
    public void Nobody_has_neither()
    {
        var nobody = new ClaimsPrincipal(new ClaimsIdentity());

        nobody.Subject.ShouldBeNull();
        nobody.SessionId.ShouldBeNull();
    }
}
