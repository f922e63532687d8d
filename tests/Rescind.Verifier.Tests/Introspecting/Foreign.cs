using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Introspecting;

/// <summary>Another issuer that the Authority has registered, and its one key.</summary>
internal static class Foreign
{
    public const string Issuer = "https://elsewhere.test";

    private static readonly SigningKey Signing = new();

    public static SecurityKey Key { get; } = new JsonWebKey(Signing.Jwk);

    public static AuthorizationPolicy Policy { get; } =
        new AuthorizationPolicyBuilder("foreign").RequireAuthenticatedUser().Build();

    public static void Register(FakeLog log) => log.Register(new()
    {
        Issuer = Issuer, Own = false, Limits = FakeLog.Limits, SendsAuthTime = true, Types = ["at+jwt"], Algorithms = ["ES256"],
    });

    public static string Mint(FakeLog log) => log.Mint(new { iss = Issuer }, key: Signing);
}
