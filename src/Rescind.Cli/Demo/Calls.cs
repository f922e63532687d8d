using Rescind.Cli.Http;

namespace Rescind.Cli.Demo;

/// <summary>A device that is logged in: what a client application holds.</summary>
internal sealed class LoggedIn(JsonNode answer)
{
    public string SessionId { get; } = (string)answer["session_id"]!;

    public string AccessToken { get; set; } = (string)answer["access_token"]!;

    public string RefreshToken { get; set; } = (string)answer["refresh_token"]!;
}

/// <summary>The calls of the scenario: real HTTP, nothing behind the scenes.</summary>
internal sealed class Calls(DemoProcesses processes, TimeProvider time, CancellationToken cancellation) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly AuthorityClient _authority = new(
        new(processes.Authority, "/"), new(processes.Admin.Id, processes.Admin.Secret), cancellation);

    public async Task<LoggedIn> LogInAsync(string device) => new(await _authority.PostAsync("v1/sessions", new()
    {
        ["subject"] = "alice", ["audience"] = DemoScenario.Audience, ["device"] = new JsonObject { ["name"] = device },
    }));

    public Task<JsonObject> RevokeAsync(LoggedIn device, string reason) =>
        _authority.PostAsync(
            "v1/revocations",
            new() { ["match"] = new JsonObject { ["session"] = device.SessionId }, ["effect"] = "end", ["reason"] = reason },
            TimeSpan.FromSeconds(2));

    /// <summary>The answer to a refresh, whatever it is; a good one is not kept by the device.</summary>
    public async Task<JsonNode> RefreshAsync(string refreshToken)
    {
        using var form = new FormUrlEncodedContent(
            [new("grant_type", "refresh_token"), new("client_id", "web"), new("refresh_token", refreshToken)]);
        using var answer = await _http.PostAsync(new Uri(processes.Authority, "/token"), form, cancellation);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellation))!;
    }

    /// <summary>Calls both APIs and throws unless each answers <paramref name="expected"/>.</summary>
    public async Task ExpectAsync(LoggedIn device, HttpStatusCode expected)
    {
        foreach (var api in processes.Apis)
        {
            var (status, retryAfter) = await CallAsync(api, device);
            True(status == expected, $"{api} answered {(int)status}");
            True(status != HttpStatusCode.ServiceUnavailable || retryAfter, $"{api} answered 503 without Retry-After");
        }
    }

    /// <summary>
    /// Calls both APIs until each answers <paramref name="expected"/>; any answer but those allowed on the way is untrue.
    /// </summary>
    public async Task UntilAsync(LoggedIn device, HttpStatusCode expected, HttpStatusCode meanwhile)
    {
        var began = time.GetTimestamp();
        foreach (var api in processes.Apis)
        {
            while (await CallAsync(api, device) is var (status, _) && status != expected)
            {
                True(status == meanwhile, $"{api} answered {(int)status}");
                True(time.GetElapsedTime(began) < Patience, $"{api} still answers {(int)status}");
                await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellation);
            }
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _authority.Dispose();
    }

    public static void True(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new DemoFailedException(otherwise);
        }
    }

    private async Task<(HttpStatusCode Status, bool RetryAfter)> CallAsync(Uri api, LoggedIn device)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, api);
        request.Headers.Authorization = new("Bearer", device.AccessToken);
        using var answer = await _http.SendAsync(request, cancellation);
        return (answer.StatusCode, answer.Headers.RetryAfter is not null);
    }
}
