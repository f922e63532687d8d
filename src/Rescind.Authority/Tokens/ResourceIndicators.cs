using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Tokens;

/// <summary>
/// The parameter <c>resource</c> of <c>POST /token</c> (RFC 8707): for which audiences a token is asked for. Compared exactly.
/// </summary>
internal static class ResourceIndicators
{
    /// <summary>The one parameter of a form that may be there more than once (section 2).</summary>
    public const string Parameter = "resource";

    /// <summary>
    /// Whether each of <paramref name="resources"/> is one of <paramref name="audiences"/>, and no URI with a fragment
    /// (section 2).
    /// </summary>
    public static bool AreAmong(IReadOnlyList<string> audiences, string[] resources) =>
        resources.All(resource => audiences.Contains(resource) && !HasFragment(resource));

    /// <summary>Section 2.2.</summary>
    public static OAuthRefusal InvalidTarget(string description) => new("invalid_target", description);

    // An audience of ours may be a plain name, in which # is a character like any other.
    private static bool HasFragment(string resource) =>
        resource.Contains('#') && Uri.TryCreate(resource, UriKind.Absolute, out _);
}
