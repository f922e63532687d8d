namespace Rescind.Authority.Clients;

/// <summary>An authenticated API client: who calls <c>/v1</c>, with which scopes.</summary>
internal sealed record Caller(string ClientId, IReadOnlyList<string> Scopes)
{
    /// <summary>As it stands in acts and audit.</summary>
    public string Actor => "client:" + ClientId;

    /// <summary>Whether it holds <paramref name="scope"/>; <c>admin</c> holds all.</summary>
    public bool May(string scope) =>
        Scopes.Contains(scope, StringComparer.Ordinal) || Scopes.Contains(ScopeNames.Admin, StringComparer.Ordinal);
}
