namespace Rescind.Authority.Issuers;

/// <summary>
/// What well-known issuers put into their access tokens, as starting points of a record: claim names, <c>typ</c>,
/// <c>alg</c>. Lifetimes are settings there, so they are declared by whoever registers the issuer.
/// </summary>
internal static class IssuerProfiles
{
    /// <summary>The profile of a record that names none.</summary>
    public const string Default = "oidc";

    // An empty name says that the tokens carry no such claim, so that a revocation which could find nothing is refused
    // (T-19). Entra's sub is another for each app, so people go by oid (T-17). Auth0's own tokens have no id; those of
    // its RFC 9068 setting do. OpenIddict names the authorization (oi_au_id), which is a login only where the app does
    // not keep one for several. Cognito's tokens have no typ.
    private static readonly Dictionary<string, IssuerProfile> Known = new()
    {
        [Default] = new(["at+jwt"], ["RS256"], IssuerClaims.Standard, SendsAuthTime: false),
        ["openiddict"] = new(["at+jwt"], ["RS256"], new("sub", "", "jti", "client_id"), SendsAuthTime: false),
        ["entra"] = new(["JWT"], ["RS256"], new("oid", "sid", "uti", "azp"), SendsAuthTime: false),
        ["auth0"] = new(["JWT"], ["RS256"], new("sub", "", "", "azp"), SendsAuthTime: false),
        ["auth0-rfc9068"] = new(["at+jwt"], ["RS256"], new("sub", "", "jti", "client_id"), SendsAuthTime: false),
        ["keycloak"] = new(["JWT", "at+jwt"], ["RS256"], new("sub", "sid", "jti", "azp"), SendsAuthTime: true),
        ["cognito"] = new([""], ["RS256"], new("sub", "origin_jti", "jti", "client_id"), SendsAuthTime: true),
    };

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => Known.Keys;

    /// <summary>The profile of that name, or null.</summary>
    public static IssuerProfile? Find(string name) => Known.GetValueOrDefault(name);
}

/// <summary>What an issuer's access tokens look like. An empty claim name means that they carry no such claim.</summary>
internal sealed record IssuerProfile(
    IReadOnlyList<string> Types, IReadOnlyList<string> Algorithms, IssuerClaims Claims, bool SendsAuthTime);
