namespace Rescind.Authority.Clients;

/// <summary>The Authority's own scopes: what an API client may do here. No session may carry one.</summary>
internal static class ScopeNames
{
    public const string Sessions = "sessions";
    public const string Revoke = "revoke";
    public const string RevokeBroad = "revoke.broad";
    public const string Feed = "feed";
    public const string Introspect = "introspect";

    /// <summary>Holds all the others.</summary>
    public const string Admin = "admin";

    public static IReadOnlyList<string> All { get; } = [Sessions, Revoke, RevokeBroad, Feed, Introspect, Admin];

    /// <summary>Takes a space-separated scope apart.</summary>
    public static IReadOnlyList<string> Split(string? scope) =>
        scope is null ? [] : scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
