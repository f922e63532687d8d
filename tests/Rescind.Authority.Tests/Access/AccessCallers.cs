using Rescind.Authority.Clients;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Access;

/// <summary>An Authority, and one caller for each column of <c>docs/access.md</c>.</summary>
public sealed class AccessCallers : IAsyncLifetime
{
    private readonly Dictionary<string, Action<HttpRequestMessage>> _present = [];

    internal AuthorityHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Host = await AuthorityHost.StartAsync();
        _present["anonymous"] = static _ => { };
        var cookie = $"{Page.CookieName}={Host.RefreshTokens.Derive(await Host.StartSessionAsync())}";
        _present["page"] = request =>
        {
            request.Headers.Add("Sec-Fetch-Site", "same-origin");
            request.Headers.Add("Cookie", cookie);
        };
        _present["public"] = static request => request.Content = Form("&client_id=web");
        Bearer("person", Host.AccessTokenOf(await Host.StartSessionAsync()));
        Bearer(
            "person + issuer",
            Host.AccessTokenOf(await Host.StartSessionAsync() with { Audience = ["orders", AuthorityHost.Issuer] }));
        foreach (var scope in ScopeNames.All)
        {
            Bearer(scope, await Host.BearerAsync(scope));
        }

        await BasicAsync("Basic");
        await BasicAsync("Basic + introspect", ScopeNames.Introspect);
    }

    public async ValueTask DisposeAsync() => await Host.DisposeAsync();

    /// <summary>Calls a route as one of the callers, with a body that no route accepts: access is judged before it.</summary>
    internal Task<Answer> CallAsync(string route, string caller)
    {
        var (method, path) = route.Split(' ') is [var first, var second]
            ? (first, second)
            : throw new ArgumentException(route, nameof(route));
        var filled =
            path.Replace("{id}", "unknown", StringComparison.Ordinal).Replace("{**path}", "any", StringComparison.Ordinal);
        var request = new HttpRequestMessage(new(method), filled);
        request.Content = method == "POST" ? Form() : null;
        _present[caller](request);
        return Host.SendAsync(request);
    }

    private static StringContent Form(string more = "") =>
        new("grant_type=refresh_token&refresh_token=none&token=none" + more, null, "application/x-www-form-urlencoded");

    private void Bearer(string caller, string token) =>
        _present[caller] = request => request.Headers.Authorization = new("Bearer", token);

    private async Task BasicAsync(string caller, params string[] scopes)
    {
        var client = await Host.AddClientAsync(Entropy.System.NextId(), ClientKind.Confidential, scopes);
        _present[caller] = request => request.Headers.Authorization = AuthorityHost.Basic(
            client.ClientId, AuthorityHost.SecretOf(client.ClientId));
    }
}
