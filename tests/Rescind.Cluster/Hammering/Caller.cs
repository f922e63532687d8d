using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rescind.Cluster.Support;
using Rescind.EndToEnd;

namespace Rescind.Cluster.Hammering;

/// <summary>
/// Calls the nodes and the load balancer in turn. No answer, or 503, says that nothing is known; any other 5xx, and a 401
/// for the caller's own token, is a broken promise. Safe for concurrent use, but for <see cref="LogInAsync"/>.
/// </summary>
internal sealed class Caller : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly AuthorityProcess _authority;
    private readonly Promises _promises;
    private readonly HttpClient[] _at;
    private string _token = "";
    private int _turn;

    public Caller(AuthorityProcess authority, Promises promises)
    {
        (_authority, _promises) = (authority, promises);
        _at = [.. new[] { authority.First.Url, authority.Second.Url, authority.Url }
            .Select(url => new HttpClient { BaseAddress = url, Timeout = Patience })];
    }

    /// <summary>How many addresses there are: the nodes, and the load balancer after them.</summary>
    public int Addresses => _at.Length;

    /// <summary>Takes a new token of the administrator.</summary>
    public async Task LogInAsync()
    {
        using var admin = await _authority.ConnectAsync();
        _token = admin.AccessToken;
    }

    public Task<Answer?> GetAsync(string path, int? at = null) => TryAsync(at, () => new(HttpMethod.Get, path));

    public Task<Answer?> PostAsync(string path, JsonNode body, int? at = null) =>
        TryAsync(at, () => new(HttpMethod.Post, path) { Content = JsonContent.Create(body) });

    /// <summary>Whether a token is valid; null if nobody says.</summary>
    public async Task<bool?> IsActiveAsync(string accessToken, int? at = null) =>
        (bool?)(await FormAsync("/introspect", at, ("token", accessToken)))?.Body?["active"];

    public Task<Answer?> RefreshAsync(string refreshToken, int? at = null) => FormAsync(
        "/token", at, ("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", refreshToken));

    public void Dispose() => Array.ForEach(_at, http => http.Dispose());

    private Task<Answer?> FormAsync(string path, int? at, params (string Name, string Value)[] form) => TryAsync(at, () =>
        new(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value))),
        });

    private async Task<Answer?> TryAsync(int? at, Func<HttpRequestMessage> make)
    {
        try
        {
            using var request = make();
            if (!request.RequestUri!.OriginalString.StartsWith("/token", StringComparison.Ordinal))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            }

            using var response = await _at[at ?? (int)((uint)Interlocked.Increment(ref _turn) % _at.Length)].SendAsync(request);
            var answer = await Answer.OfAsync(response);
            if (answer.Status is HttpStatusCode.Unauthorized or (>= HttpStatusCode.InternalServerError and
                not HttpStatusCode.ServiceUnavailable))
            {
                _promises.Break($"{request.RequestUri.OriginalString}: {(int)answer.Status} {answer.Body}");
            }

            return answer.Status is HttpStatusCode.ServiceUnavailable ? null : answer;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException or JsonException)
        {
            return null;
        }
    }
}
