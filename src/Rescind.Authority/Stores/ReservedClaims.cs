using Rescind.Authority.Syntax;

namespace Rescind.Authority.Stores;

/// <summary>The claims that the Authority sets itself, in any spelling that a lenient reader could take for them.</summary>
internal static class ReservedClaims
{
    private static readonly string[] Names =
        ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "lpos", "client_id", "scope", "auth_time", "acr", "amr", "cnf"];

    public static bool Contains(string name) => Names.Contains(TextFolding.Fold(name), StringComparer.Ordinal);
}
