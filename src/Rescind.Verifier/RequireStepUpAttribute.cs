namespace Rescind.Verifier;

/// <summary>
/// A route that demands a recent login, a strong one, or both (RFC 9470). A valid token that does not show it is
/// answered 401 <c>insufficient_user_authentication</c> with what is demanded; one without <c>auth_time</c> is too old.
/// Of several on one route each must be met. Refuses to start on a route that lets anybody in (RSC3011).
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class RequireStepUpAttribute : Attribute
{
    /// <summary>
    /// Demands a login at most <paramref name="maxAgeSeconds"/> ago and, if there are any, one of
    /// <paramref name="acr"/>.
    /// </summary>
    /// <param name="maxAgeSeconds">At least 1; otherwise <see cref="ArgumentOutOfRangeException"/> is thrown.</param>
    /// <param name="acr">
    /// Values of the claim <c>acr</c>, the preferred first; any one suffices. Each is ASCII without blanks, quotes and
    /// backslashes, because it is sent in a header; otherwise <see cref="ArgumentException"/> is thrown.
    /// </param>
    public RequireStepUpAttribute(int maxAgeSeconds, params string[] acr)
        : this(acr, maxAgeSeconds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxAgeSeconds, 1);
    }

    /// <summary>Demands one of <paramref name="acr"/>, however old the login is.</summary>
    /// <param name="acr">
    /// Values of the claim <c>acr</c>, the preferred first: at least one, each ASCII without blanks, quotes and
    /// backslashes; otherwise <see cref="ArgumentException"/> is thrown.
    /// </param>
    public RequireStepUpAttribute(params string[] acr)
        : this(acr, null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(acr.Length, nameof(acr));
    }

    private RequireStepUpAttribute(string[] acr, int? maxAgeSeconds)
    {
        ArgumentNullException.ThrowIfNull(acr);
        if (!Array.TrueForAll(acr, CanBeQuoted))
        {
            throw new ArgumentException(
                "An acr value must be ASCII without blanks, quotes and backslashes: it is sent in a header.", nameof(acr));
        }

        Acr = [.. acr];
        MaxAgeSeconds = maxAgeSeconds;
    }

    /// <summary>How many seconds ago the login may have been, at least 1; null if that does not matter.</summary>
    public int? MaxAgeSeconds { get; }

    /// <summary>The values of <c>acr</c> that suffice, the preferred first; empty if that does not matter.</summary>
    public IReadOnlyList<string> Acr { get; }

    // The characters of a scope token (RFC 6750 section 3), which may stand in a quoted string as they are.
    private static bool CanBeQuoted(string? value) =>
        !string.IsNullOrEmpty(value) && value.All(static c => c is > ' ' and <= '~' and not '"' and not '\\');
}
