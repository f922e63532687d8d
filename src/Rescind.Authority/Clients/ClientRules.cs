using System.Buffers;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Clients;

/// <summary>What a client's record may be. Pure.</summary>
internal static class ClientRules
{
    public const string Confidential = "confidential";
    public const string Public = "public";

    /// <summary>The longest, in seconds, that a replaced secret may still be taken: 7 days.</summary>
    public const long MaxKeepOldFor = 7 * 24 * 60 * 60;

    private const int MaxIdLength = 64;
    private const int MaxListed = 64;
    private const int MaxListedLength = 512;

    // The unreserved characters of a URL: an id stands in paths, headers and subjects without any encoding.
    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    /// <summary>The first rule that <paramref name="body"/> breaks, or null.</summary>
    public static Refusal? Validate(ClientBody body, bool development) => Errors.InvalidClient.If(
        !IsId(body.ClientId) ? $"client_id is not 1 to {MaxIdLength} letters, digits, '-', '.', '_' or '~', or is '.' or '..'."
        : body.Kind is not (Confidential or Public) ? "kind is neither confidential nor public."
        : (body.ClientSecret ?? body.OldSecretUntil) is not null ? "client_secret is made here and cannot be chosen."
        : !AreListable(body.Scopes) || body.Scopes?.Any(scope => !ScopeNames.All.Contains(scope, StringComparer.Ordinal)) is true
            ? $"scopes has something other than {string.Join(' ', ScopeNames.All)}."
        : body.Kind == Public && body.Scopes?.Count > 0 ? "A public client cannot prove who it is, so it holds no scopes."
        : !AreListable(body.Clients) || body.Clients?.All(IsId) is false ? "clients has something that is no client_id."
        : !AreListable(body.Issuers) || body.Issuers?.All(issuer => Uri.IsWellFormedUriString(issuer, UriKind.Absolute)) is false
            ? "issuers has something that is no absolute URL."
        : !AreListable(body.Origins) || body.Origins?.All(IsOrigin) is false
            ? "origins has something that is no scheme://host[:port]."
        : body.BackchannelLogoutUri is { } uri && !SecureUrl.Is(uri, development)
            ? $"backchannel_logout_uri is no https URL of at most {SecureUrl.MaxLength} characters without user and fragment."
        : body.Verifiers is < 1 or > StoredVerifier.Most ? $"verifiers must be 1 to {StoredVerifier.Most}."
        : null);

    private static Refusal? If(this Error error, string? specifics) => specifics is null ? null : error.Refusal(specifics);

    // As a segment of a path "." and ".." would name another resource: such a client could never be removed.
    private static bool IsId(string id) =>
        id is { Length: > 0 and <= MaxIdLength } and not ("." or "..") && !id.AsSpan().ContainsAnyExcept(IdCharacters);

    private static bool AreListable(IReadOnlyList<string>? values) =>
        values is null || (values.Count <= MaxListed && values.All(value => value.Length is > 0 and <= MaxListedLength));

    // A browser sends exactly this form, so only this form can ever match.
    private static bool IsOrigin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var url) && url.Scheme is "https" or "http"
        && url.GetLeftPart(UriPartial.Authority) == origin && url.UserInfo.Length == 0;
}
