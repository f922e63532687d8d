using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Issuers;

/// <summary>What the record of another issuer may be. Pure.</summary>
internal sealed class IssuerRules(bool development)
{
    private const int MaxListed = 8;
    private const int MaxAudiences = 64;
    private const int MaxNameLength = 128;
    private const long LongestLifetime = 10L * 366 * 24 * 3600;
    private const long LargestMargin = 300;

    /// <summary>The first rule that <paramref name="body"/> breaks, or null.</summary>
    public Refusal? Validate(IssuerBody body) =>
        Broken(body) is { } broken ? Errors.InvalidIssuer.Refusal(broken) : null;

    private string? Broken(IssuerBody body) =>
        !IsUrl(body.Issuer, mayHaveQuery: false) ? "issuer is no https URL without query and fragment."
        : body.Profile is not null && IssuerProfiles.Find(body.Profile) is null
            ? $"profile must be one of {string.Join(", ", IssuerProfiles.Names)}."
        : body.JwksUri is not null && !IsUrl(body.JwksUri, mayHaveQuery: true) ? "jwks_uri is no https URL."
        : body is { LogoutAudiences.Count: > 0, JwksUri: null } ? "logout_audiences needs jwks_uri: a logout is verified."
        : !IsLifetime(body.MaxTokenLifetime) ? "max_token_lifetime must be a number of seconds, up to ten years."
        : !IsLifetime(body.MaxSessionLifetime) ? "max_session_lifetime must be a number of seconds, up to ten years."
        : body.MaxSessionLifetime < body.MaxTokenLifetime ? "max_session_lifetime is shorter than max_token_lifetime."
        : !IsMargin(body.ClockSkew) || !IsMargin(body.Leeway) ? $"clock_skew and leeway must be 0 to {LargestMargin} seconds."
        : body.Iat is not (null or "required" or "absent") ? "iat must be required or absent."
        : body.Subject is not (null or "required") ? "subject must be required, or left out."
        : BrokenLists(body) ?? BrokenClaims(body.Claims);

    private static string? BrokenLists(IssuerBody body) =>
        body.Types is { } types && (types.Count is 0 or > MaxListed || types.Any(type => type.Length > MaxNameLength))
            ? $"types must have 1 to {MaxListed} values of typ; an empty one for tokens without."
        : body.Algorithms is { } algorithms
            && (algorithms.Count is 0 or > MaxListed || algorithms.Except(PublicKey.Algorithms).Any())
            ? $"algorithms must be 1 to {MaxListed} of {string.Join(' ', PublicKey.Algorithms)}. No others are "
                + "verified, EdDSA among them."
        : body.LogoutAudiences is { } audiences
            && (audiences.Count > MaxAudiences || audiences.Any(audience => audience.Length is 0 or > SecureUrl.MaxLength))
            ? $"logout_audiences must have at most {MaxAudiences} client ids of 1 to {SecureUrl.MaxLength} characters."
        : null;

    private static string? BrokenClaims(IssuerClaimsBody? claims) =>
        claims is null ? null
        : new[] { claims.Subject, claims.Session, claims.Token, claims.Client }.Any(name => name?.Length > MaxNameLength)
            ? $"claims has a name longer than {MaxNameLength} characters."
        : claims.Subject is "" ? "claims.subject is empty: tokens of nobody cannot be taken back."
        : null;

    private bool IsUrl(string text, bool mayHaveQuery) =>
        SecureUrl.Is(text, development) && (mayHaveQuery || !text.Contains('?'));

    private static bool IsLifetime(long? seconds) => seconds is null or (> 0 and <= LongestLifetime);

    private static bool IsMargin(long? seconds) => seconds is null or (>= 0 and <= LargestMargin);
}
