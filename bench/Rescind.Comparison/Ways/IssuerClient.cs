using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Rescind.Comparison.Parts;

namespace Rescind.Comparison.Ways;

/// <summary>How an application speaks to the issuer.</summary>
internal sealed class IssuerClient(PartSettings settings)
{
    /// <summary>The secret of the API at the issuer, which both are on this machine for the length of a run.</summary>
    public const string ApiSecret = "orders, for the length of a run";

    private readonly HttpClient _issuer = new() { BaseAddress = new(settings.Server!) };

    public async Task<Credential> LogInAsync(string user)
    {
        var tokens = await AskAsync(
            ("grant_type", "password"), ("username", user), ("password", "any"), ("scope", "offline_access"));
        return new("Authorization", $"Bearer {tokens!["access_token"]}", (string?)tokens["refresh_token"]);
    }

    public async Task<LoggedOut> LogOutAsync(HttpContext context, LogOut reach)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/end?reach={reach}");
        request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        using var answer = await _issuer.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return LoggedOut.Yes;
    }

    public async Task<bool> RefreshAsync(string refreshToken) =>
        await AskAsync(("grant_type", "refresh_token"), ("refresh_token", refreshToken)) is not null;

    private async Task<JsonNode?> AskAsync(params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(
            [new("client_id", "web"), .. form.Select(static each => KeyValuePair.Create(each.Name, each.Value))]);
        using var answer = await _issuer.PostAsync(new Uri("/connect/token", UriKind.Relative), content);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonNode>() : null;
    }
}
