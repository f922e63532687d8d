using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Rescind.EndToEnd;

namespace Rescind.Cluster.Support;

/// <summary>An answer: its status, and its body if that is JSON.</summary>
internal sealed record Answer(HttpStatusCode Status, JsonNode? Body)
{
    public static async Task<Answer> OfAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        return new(response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null);
    }

    /// <summary>A member of the body, as text.</summary>
    public string Text(string name) => (string)Body.ShouldNotBeNull()[name].ShouldNotBeNull($"{name} in {Body}")!;

    public void ShouldBe(HttpStatusCode status) => Status.ShouldBe(status, Body?.ToString());
}

/// <summary>Any call of an API client, or of a person.</summary>
internal static class Calls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Calls, and repeats what is answered by 503, as it says: a machine may be busy.</summary>
    public static Task<Answer> CallAsync(
        this AuthorityClient client, HttpMethod method, string path, JsonNode? body = null, string? idempotencyKey = null) =>
        RepeatAsync(async () =>
        {
            using var request = new HttpRequestMessage(method, path);
            request.Content = body is null ? null : JsonContent.Create(body);
            if (idempotencyKey is not null)
            {
                request.Headers.Add("Idempotency-Key", idempotencyKey);
            }

            using var response = await client.SendAsync(request);
            return await Answer.OfAsync(response);
        });

    public static Task<Answer> GetAsync(this AuthorityClient client, string path) => client.CallAsync(HttpMethod.Get, path);

    public static Task<Answer> PostAsync(this AuthorityClient client, string path, JsonNode body) =>
        client.CallAsync(HttpMethod.Post, path, body);

    /// <summary>Registers a client at the node of the caller; its secret.</summary>
    public static async Task<string> RegisterAsync(this AuthorityClient admin, string id, params string[] scopes)
    {
        var made = await admin.PostAsync(
            "/v1/clients",
            new JsonObject
            {
                ["client_id"] = id, ["kind"] = "confidential",
                ["scopes"] = new JsonArray([.. scopes.Select(scope => JsonValue.Create(scope))]),
            });
        made.ShouldBe(HttpStatusCode.Created);
        return made.Text("client_secret");
    }

    /// <summary>What a client gets for its secret at one node.</summary>
    public static Task<Answer> TokenAsync(Uri node, string id, string secret) => AskForTokenAsync(
        node, new() { ["grant_type"] = "client_credentials", ["client_id"] = id, ["client_secret"] = secret });

    /// <summary>A refresh of a confidential client at one node.</summary>
    public static Task<Answer> RefreshAsync(Uri node, string id, string secret, string refreshToken) => AskForTokenAsync(
        node,
        new()
        {
            ["grant_type"] = "refresh_token", ["client_id"] = id, ["client_secret"] = secret, ["refresh_token"] = refreshToken,
        });

    /// <summary>A call by a token.</summary>
    public static Task<Answer> AsAsync(Uri node, string token, HttpMethod method, string path, JsonNode? body = null) =>
        RepeatAsync(async () =>
        {
            using var http = new HttpClient { BaseAddress = node };
            using var request = new HttpRequestMessage(method, path);
            request.Content = body is null ? null : JsonContent.Create(body);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await http.SendAsync(request);
            return await Answer.OfAsync(response);
        });

    private static Task<Answer> AskForTokenAsync(Uri node, Dictionary<string, string> form) => RepeatAsync(async () =>
    {
        using var http = new HttpClient { BaseAddress = node };
        using var response = await http.PostAsync("/token", new FormUrlEncodedContent(form));
        return await Answer.OfAsync(response);
    });

    private static async Task<Answer> RepeatAsync(Func<Task<Answer>> call)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var answer = await call();
            if (answer.Status is not HttpStatusCode.ServiceUnavailable || clock.Elapsed > Patience)
            {
                return answer;
            }

            await Task.Delay(50);
        }
    }
}
