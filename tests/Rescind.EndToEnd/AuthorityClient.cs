using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Rescind.EndToEnd;

/// <summary>A session as its starter sees it.</summary>
internal sealed record StartedSession(string Id, string Subject, string AccessToken, string RefreshToken)
{
    /// <summary><c>lpos</c> of its first access token.</summary>
    public long LogPosition => (long)JsonNode.Parse(Base64Url.DecodeFromChars(AccessToken.Split('.')[1]))!["lpos"]!;
}

/// <summary>The answer to a refresh: the tokens, or the error.</summary>
internal sealed record Refreshed(HttpStatusCode Status, string? AccessToken, string? RefreshToken, string? Error)
{
    /// <summary>The generation inside a refresh token: four bytes after version, key id and session id.</summary>
    public static uint GenerationOf(string refreshToken) =>
        BinaryPrimitives.ReadUInt32BigEndian(Base64Url.DecodeFromChars(refreshToken.AsSpan("rt_".Length)).AsSpan(18));
}

/// <summary>An API client of the Authority over plain HTTP: what any program could write.</summary>
internal sealed class AuthorityClient : IDisposable
{
    private static readonly TimeSpan RenewedAfter = TimeSpan.FromMinutes(2);

    private readonly HttpClient _http;
    private string _token = "";
    private long _loggedIn;

    private AuthorityClient(Uri authority, string clientId, string clientSecret)
    {
        ClientId = clientId;
        ClientSecret = clientSecret;
        _http = new HttpClient { BaseAddress = authority, Timeout = TimeSpan.FromSeconds(30) };
    }

    public string ClientId { get; }

    public string ClientSecret { get; }

    /// <summary>Its own token, as it got it last.</summary>
    public string AccessToken => _token;

    public static async Task<AuthorityClient> ConnectAsync(Uri authority, string clientId, string clientSecret)
    {
        var client = new AuthorityClient(authority, clientId, clientSecret);
        await client.LogInAsync();
        return client;
    }

    /// <summary>
    /// Takes a new client-credentials token. They live five minutes, and a busy machine may take longer over one test.
    /// </summary>
    public async Task LogInAsync()
    {
        _loggedIn = Stopwatch.GetTimestamp();
        using var answer = await _http.PostAsync("/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_id"] = ClientId, ["client_secret"] = ClientSecret,
        }));
        answer.EnsureSuccessStatusCode();
        _token = (string)(await JsonOf(answer))["access_token"]!;
    }

    public async Task<StartedSession> StartSessionAsync(string subject, DateTimeOffset? loggedIn = null)
    {
        using var answer = await PostAsync("/v1/sessions", new JsonObject
        {
            ["subject"] = subject, ["audience"] = "orders", ["auth_time"] = loggedIn?.ToUnixTimeSeconds(),
        });
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        var session = await JsonOf(answer);
        return new((string)session["session_id"]!, subject, (string)session["access_token"]!, (string)session["refresh_token"]!);
    }

    /// <summary>Revokes; the answer is the revocation with, after waiting, its receipt.</summary>
    public async Task<JsonNode> RevokeAsync(string match, string value, int? waitSeconds = null, long? confirm = null)
    {
        var answer = await TryRevokeAsync(match, value, waitSeconds, confirm);
        answer["id"].ShouldNotBeNull(answer.ToString());
        return answer;
    }

    /// <summary>Revokes; the answer is the revocation, or the problem, which has a <c>code</c>.</summary>
    public async Task<JsonNode> TryRevokeAsync(string match, string value, int? waitSeconds = null, long? confirm = null)
    {
        var body = new JsonObject { ["match"] = new JsonObject { [match] = value }, ["effect"] = "end", ["reason"] = "test" };
        if (confirm is not null)
        {
            body["confirm"] = confirm;
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/revocations") { Content = JsonContent.Create(body) };
        if (waitSeconds is not null)
        {
            request.Headers.Add("Prefer", $"wait={waitSeconds}");
        }

        using var answer = await SendAsync(request);
        answer.StatusCode.ShouldBeOneOf(HttpStatusCode.Created, HttpStatusCode.ServiceUnavailable);
        return await JsonOf(answer);
    }

    /// <summary>Whether the Authority still has a revocation that it acknowledged.</summary>
    public async Task<bool> KnowsAsync(string revocation)
    {
        using var answer = await SendAsync(new(HttpMethod.Get, $"/v1/revocations/{revocation}"));
        return answer.StatusCode == HttpStatusCode.OK;
    }

    /// <summary>Which log the Authority keeps: the header of its snapshot says.</summary>
    public async Task<string> EpochAsync()
    {
        using var answer = await SendAsync(new(HttpMethod.Get, "/v1/feed/snapshot"));
        answer.EnsureSuccessStatusCode();
        var lines = await answer.Content.ReadAsStringAsync();
        return (string)JsonNode.Parse(lines.Split('\n')[0])!["epoch"]!;
    }

    /// <summary>The entries of the audit trail with an action, as JSON.</summary>
    public async Task<string> AuditedAsync(string action)
    {
        using var answer = await SendAsync(new(HttpMethod.Get, "/v1/audit?limit=1000"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return string.Join(
            '\n', (await JsonOf(answer))["entries"]!.AsArray().Where(entry => (string)entry!["action"]! == action));
    }

    public async Task<JsonNode> GetSessionAsync(string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/sessions/{id}");
        using var answer = await SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await JsonOf(answer);
    }

    public async Task<bool> IsActiveAsync(string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/introspect")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = accessToken }),
        };
        using var answer = await SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (bool)(await JsonOf(answer))["active"]!;
    }

    public Task<Refreshed> RefreshAsync(string refreshToken) => RefreshAsync(_http, refreshToken);

    /// <summary>Ends a session as its browser would: by its refresh token.</summary>
    public async Task LogOutAsync(string refreshToken)
    {
        using var answer = await _http.PostAsync("/revoke", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["client_id"] = "web", ["token"] = refreshToken,
        }));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    public static async Task<Refreshed> RefreshAsync(HttpClient http, string refreshToken)
    {
        using var answer = await http.PostAsync("/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token", ["client_id"] = "web", ["refresh_token"] = refreshToken,
        }));
        var body = await JsonOf(answer);
        return new(answer.StatusCode, (string?)body["access_token"], (string?)body["refresh_token"], (string?)body["error"]);
    }

    /// <summary>Sends a request with the client's own token.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        await (Stopwatch.GetElapsedTime(_loggedIn) > RenewedAfter ? LogInAsync() : Task.CompletedTask);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        return await _http.SendAsync(request);
    }

    public void Dispose() => _http.Dispose();

    private Task<HttpResponseMessage> PostAsync(string path, JsonNode body) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) });

    private static async Task<JsonNode> JsonOf(HttpResponseMessage answer) =>
        JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
}
