using System.Text;
using Rescind.Authority.Clients;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Tests.Support;

/// <summary>Calls that many tests make.</summary>
internal static class Calls
{
    /// <summary>A bearer token of a new client that may start sessions for itself and for <c>web</c>.</summary>
    public static async Task<string> StarterAsync(this AuthorityHost host)
    {
        var client = new ClientRecord
        {
            ClientId = "starter-" + Entropy.System.NextId(), Kind = ClientKind.Confidential,
            SecretHash = ClientSecret.Hash("secret"), Scopes = [ScopeNames.Sessions], Clients = ["web"],
        };
        await host.Get<ClientRegistry>().AddAsync(client, AuditContext.System, CancellationToken.None);
        return host.Tokens.IssueFor(client, client.Scopes, host.Tail.Head.Position).Text;
    }

    /// <summary>Starts a session as such a client.</summary>
    public static async Task<Answer> StartAsync(this AuthorityHost host, string body) =>
        await host.PostJsonAsync("/v1/sessions", await host.StarterAsync(), body);

    /// <summary>Changes a session as such a client.</summary>
    public static async Task<Answer> ChangeAsync(this AuthorityHost host, string sessionId, string body) =>
        await host.PatchAsync("/v1/sessions/" + sessionId, await host.StarterAsync(), body);

    public static Task<Answer> PatchAsync(this AuthorityHost host, string path, string bearer, string json)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, path)
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json")
        };
        request.Headers.Authorization = new("Bearer", bearer);
        return host.SendAsync(request);
    }

    public static Task<Answer> DeleteAsync(this AuthorityHost host, string path, string bearer)
    {
        var request = new HttpRequestMessage(HttpMethod.Delete, path);
        request.Headers.Authorization = new("Bearer", bearer);
        return host.SendAsync(request);
    }
}
