using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Keys;

namespace Rescind.Authority.Http.Routes.OAuth;

/// <summary>
/// Discovery (RFC 8414, and the place where OpenID Connect looks) and the key set (RFC 7517). Every URL is made of the configured
/// issuer, never of the request's Host.
/// </summary>
internal static class MetadataEndpoint
{
    private const string OAuthPath = "/.well-known/oauth-authorization-server";
    private static readonly string[] AuthenticationMethods = ["client_secret_basic", "client_secret_post", "none"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var described = new Described("Where everything is (RFC 8414).") { Answer = MetadataJson.Default.MetadataAnswer };
        routes.MapGet("/.well-known/openid-configuration", (Delegate)Get).AllowAnyone().Describe(described);
        routes.MapGet(OAuthPath, (Delegate)Get).AllowAnyone().Describe(described);
        routes.MapGet("/.well-known/jwks.json", (Delegate)GetKeys).AllowAnyone().Describe(new("The public keys (RFC 7517)."));
    }

    /// <summary>
    /// For an issuer with a path the well-known part stands between host and path (MD-1): on the server's root, outside
    /// any prefix. Also without a prefix: the path may be a path base, or one that a proxy takes away.
    /// </summary>
    public static void MapAtRoot(IEndpointRouteBuilder routes) =>
        routes.MapGet(OAuthPath + "/{**path}", (Delegate)GetAtRoot).AllowAnyone();

    private static IResult Get(HttpContext context) =>
        Results.Json(MetadataAnswer.Of(context.Options.Issuer!, AuthenticationMethods), MetadataJson.Default.MetadataAnswer);

    private static IResult GetAtRoot(HttpContext context) =>
        new Uri(context.Options.Issuer!).AbsolutePath == "/" + context.GetRouteValue("path")
            ? Get(context)
            : Errors.OtherIssuersMetadata.Problem();

    private static IResult GetKeys(HttpContext context)
    {
        var jwks = context.Service<KeyRing>().Jwks;
        context.Response.Headers.CacheControl = $"public, max-age={(int)KeyPolicy.JwksMaxAge.TotalSeconds}";
        context.Response.Headers.ETag = jwks.ETag;
        return context.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Tag == "*" || known.Tag == jwks.ETag)
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(jwks.Body, "application/jwk-set+json");
    }
}

/// <summary>The members of MD-4 and MD-5. There is no authorization endpoint: people log in elsewhere.</summary>
internal sealed record MetadataAnswer
{
    public required string Issuer { get; init; }

    public required string TokenEndpoint { get; init; }

    public required string RevocationEndpoint { get; init; }

    public required string IntrospectionEndpoint { get; init; }

    public required string GlobalTokenRevocationEndpoint { get; init; }

    public required string JwksUri { get; init; }

    public IReadOnlyList<string> ResponseTypesSupported { get; } = ["none"];

    public IReadOnlyList<string> GrantTypesSupported { get; } = ["refresh_token", "client_credentials"];

    public IReadOnlyList<string> SubjectTypesSupported { get; } = ["public"];

    public IReadOnlyList<string> IdTokenSigningAlgValuesSupported { get; } = SigningKey.Algorithms;

    public IReadOnlyList<string> ScopesSupported { get; } = ScopeNames.All;

    public required IReadOnlyList<string> TokenEndpointAuthMethodsSupported { get; init; }

    public required IReadOnlyList<string> RevocationEndpointAuthMethodsSupported { get; init; }

    public IReadOnlyList<string> IntrospectionEndpointAuthMethodsSupported { get; } =
        ["client_secret_basic", "client_secret_post"];

    public bool BackchannelLogoutSupported { get; } = true;

    /// <summary>Every logout token names the session.</summary>
    public bool BackchannelLogoutSessionSupported { get; } = true;

    public static MetadataAnswer Of(string issuer, IReadOnlyList<string> methods) => new()
    {
        Issuer = issuer,
        TokenEndpoint = issuer + "/token",
        RevocationEndpoint = issuer + "/revoke",
        IntrospectionEndpoint = issuer + "/introspect",
        GlobalTokenRevocationEndpoint = issuer + "/global-token-revocation",
        JwksUri = issuer + "/.well-known/jwks.json",
        TokenEndpointAuthMethodsSupported = methods,
        RevocationEndpointAuthMethodsSupported = methods,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MetadataAnswer))]
internal sealed partial class MetadataJson : JsonSerializerContext;
