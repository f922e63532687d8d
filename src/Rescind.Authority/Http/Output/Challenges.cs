using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Http.Output;

/// <summary>
/// The <c>WWW-Authenticate</c> of RFC 6750 section 3 and RFC 7617. Descriptions are our own constants: ASCII, without quote or
/// backslash (BT-5).
/// </summary>
internal static class Challenges
{
    public const string Basic = "Basic realm=\"rescind\", charset=\"UTF-8\"";

    /// <summary>Without an error where no credentials were sent at all.</summary>
    public static string Bearer(string? error = null, string? description = null, string? scope = null) =>
        "Bearer realm=\"rescind\""
        + (scope is null ? "" : $", scope=\"{scope}\"")
        + (error is null ? "" : $", error=\"{error}\", error_description=\"{description}\"");

    /// <summary>The challenge that follows from a refusal by itself: the one that names scopes; null for any other.</summary>
    public static string? Of(Refusal refusal) =>
        refusal.Scope is { } scope ? Bearer("insufficient_scope", refusal.Error.Title, scope) : null;

    /// <summary>The refusal of a client that holds none of <paramref name="scopes"/>, any of which would do.</summary>
    public static Problem MissingScope(IReadOnlyList<string> scopes) =>
        new(new(Errors.MissingScope) { Scope = string.Join(' ', scopes) });

    /// <summary>The problem with its challenge.</summary>
    public static Problem Refused(this Error error, string challenge) => new(error.Refusal()) { Challenge = challenge };
}
