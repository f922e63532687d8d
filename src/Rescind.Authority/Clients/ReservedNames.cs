using Rescind.Authority.Syntax;

namespace Rescind.Authority.Clients;

/// <summary>
/// What makes a token acceptable to <c>/v1</c>, and what therefore no session may be started with. Verification
/// compares ordinally, so only the exact spelling would ever be accepted; whatever a lenient reader could take for it
/// is refused all the same.
/// </summary>
internal static class ReservedNames
{
    private const string ClientPrefix = "client:";

    /// <summary>The audience of API clients' tokens.</summary>
    public static string Audience(string issuer) => issuer + "/v1";

    /// <summary>The audience of canaries, which no session may have; their subject and client too.</summary>
    public static string CanaryAudience(string issuer) => issuer + "/canary";

    /// <summary>The subject of an API client's tokens.</summary>
    public static string ClientSubject(string clientId) => ClientPrefix + clientId;

    /// <summary>Whether <paramref name="subject"/> could be read as an API client.</summary>
    public static bool IsSubject(string subject) => TextFolding.Fold(subject).StartsWith(ClientPrefix, StringComparison.Ordinal);

    /// <summary>Whether <paramref name="scope"/>, or a part of it, could be read as one of our own.</summary>
    public static bool IsScope(string scope) =>
        TextFolding.FoldList(scope).Any(name => ScopeNames.All.Contains(name, StringComparer.Ordinal));

    /// <summary>
    /// Whether <paramref name="audience"/> could be read as our own interface or that of canaries, or as something beneath it.
    /// </summary>
    public static bool IsAudience(string audience, string issuer)
    {
        var folded = TextFolding.FoldUrl(audience);
        return new[] { Audience(issuer), CanaryAudience(issuer) }.Select(TextFolding.FoldUrl)
            .Any(reserved => folded == reserved || folded.StartsWith(reserved + "/", StringComparison.Ordinal));
    }
}
