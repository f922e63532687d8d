using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;
using Rescind.Comparison.Parts;
using Rescind.Verifier;

namespace Rescind.Comparison.Ways;

/// <summary>Rescind: the Authority keeps the log, the API follows it and judges from memory.</summary>
internal sealed class WithRescind(PartSettings settings) : Way(settings)
{
    private readonly HttpClient _authority = new() { BaseAddress = new(settings.Server!) };

    public override void Add(WebApplicationBuilder builder) =>
        builder.Services.AddAuthentication().AddRescind(options =>
        {
            options.Authority = new(Settings.Server!);
            options.Audience = "orders";
            options.ClientId = Settings.ClientId;
            options.ClientSecret = Settings.ClientSecret;
            options.BackchannelHttpHandler = new CountedRequests(
                Settings.Calls, new SocketsHttpHandler { AllowAutoRedirect = false });
        });

    public override async Task<Credential> LogInAsync(HttpContext context, string user, string device)
    {
        var started = await PostAsync("/v1/sessions", new() { ["subject"] = user, ["audience"] = "orders" });
        return new("Authorization", $"Bearer {started["access_token"]}", (string?)started["refresh_token"]);
    }

    public override async Task<LoggedOut> LogOutAsync(HttpContext context, LogOut reach)
    {
        var (subject, session) = (context.User.FindFirstValue("sub"), context.User.FindFirstValue("sid"));
        var body = new JsonObject { ["effect"] = "end", ["reason"] = "logout" };
        body["match"] = reach == LogOut.One ? new() { ["session"] = session } : new JsonObject { ["subject"] = subject };
        if (reach == LogOut.Others)
        {
            body["except"] = new JsonArray(session);
        }

        await PostAsync("/v1/revocations", body);
        return LoggedOut.Yes;
    }

    private async Task<JsonNode> PostAsync(string path, JsonObject body)
    {
        if (_authority.DefaultRequestHeaders.Authorization is null)
        {
            using var ask = new HttpRequestMessage(HttpMethod.Post, "/token")
            {
                Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]),
            };
            ask.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Settings.ClientId}:{Settings.ClientSecret}")));
            using var token = await _authority.SendAsync(ask);
            var access = (await token.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>())!["access_token"];
            _authority.DefaultRequestHeaders.Authorization = new("Bearer", (string?)access);
        }

        using var answer = await _authority.PostAsJsonAsync(path, body);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>())!;
    }
}
