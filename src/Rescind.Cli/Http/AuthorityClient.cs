using System.Buffers;
using System.Net.Http.Headers;
using System.Text;

namespace Rescind.Cli.Http;

/// <summary>
/// Speaks the Authority's HTTP contract: gets its own token, sends, and turns every answer that is not 2xx into a
/// <see cref="VerbFailure"/> with the Authority's code, sentence and next step. One caller at a time.
/// </summary>
internal sealed class AuthorityClient : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(100);

    private static readonly SearchValues<char> BearerCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");

    private readonly HttpClient _http;
    private readonly Credentials? _credentials;
    private readonly CancellationToken _cancellation;
    private string? _accessToken;

    /// <param name="authority">Where it is.</param>
    /// <param name="credentials">Whom it calls as.</param>
    /// <param name="cancellation">Ends whatever is waited for.</param>
    /// <param name="answerTimeout">How long an answer may take to begin; 100 s by default.</param>
    public AuthorityClient(
        Uri authority, Credentials? credentials, CancellationToken cancellation, TimeSpan? answerTimeout = null)
    {
        Address = authority;
        (_credentials, _cancellation) = (credentials, cancellation);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, ConnectTimeout = ConnectTimeout, UseCookies = false, UseProxy = !authority.IsLoopback,
        };
        _http = new HttpClient(handler)
        {
            BaseAddress = authority, Timeout = answerTimeout ?? AnswerTimeout, MaxResponseContentBufferSize = MaxAnswerBytes,
        };
    }

    public Uri Address { get; }

    public void Dispose() => _http.Dispose();

    public Task<JsonObject> GetAsync(string path) => CallAsync(() => new(HttpMethod.Get, path));

    public Task<JsonObject> DeleteAsync(string path) => CallAsync(() => new(HttpMethod.Delete, path));

    /// <summary>The issuer that the Authority speaks for.</summary>
    public async Task<string?> IssuerAsync() => (await GetAsync(".well-known/openid-configuration"))["issuer"].AsText();

    /// <summary>
    /// Posts a JSON body; with <paramref name="wait"/> the answer comes when the verifiers have it, or after that time.
    /// </summary>
    public Task<JsonObject> PostAsync(string path, JsonObject body, TimeSpan? wait = null) =>
        CallAsync(() => NewRequest(HttpMethod.Post, path, body, wait));

    public Task<JsonObject> PatchAsync(string path, JsonObject body) =>
        CallAsync(() => NewRequest(HttpMethod.Patch, path, body, wait: null));

    /// <summary>Sends with our access token and throws for anything but 2xx.</summary>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        var answer = await SendForAnyAsync(create, cancellationToken);
        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            throw await AuthorityProblem.ReadAsync(answer, cancellationToken);
        }
    }

    /// <summary>
    /// Sends with our access token, which is fetched at first use and once more if it is no longer taken. Any status is
    /// an answer.
    /// </summary>
    public async Task<HttpResponseMessage> SendForAnyAsync(Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        var isFresh = _accessToken is null;
        _accessToken ??= await FetchTokenAsync(cancellationToken);
        var answer = await SendOnceAsync(create(), cancellationToken);
        if (answer.StatusCode is HttpStatusCode.Unauthorized && !isFresh)
        {
            answer.Dispose();
            _accessToken = await FetchTokenAsync(cancellationToken);
            answer = await SendOnceAsync(create(), cancellationToken);
        }

        return answer;
    }

    /// <summary>The object of a body; one without members for none.</summary>
    public static async Task<JsonObject> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await Answers.ReadTextAsync(answer.Content, cancellationToken);
        return text.Length == 0 ? [] : Answers.Parse(text);
    }

    private async Task<JsonObject> CallAsync(Func<HttpRequestMessage> create)
    {
        using var answer = await SendAsync(create, _cancellation);
        return await ReadAsync(answer, _cancellation);
    }

    private static HttpRequestMessage NewRequest(HttpMethod method, string path, JsonObject body, TimeSpan? wait)
    {
        var request = new HttpRequestMessage(method, path)
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        if (wait is { } time)
        {
            request.Headers.TryAddWithoutValidation("Prefer", $"wait={(int)Math.Ceiling(time.TotalSeconds)}");
        }

        return request;
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            request.Headers.Authorization ??= new("Bearer", _accessToken);
            try
            {
                return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException
                && !cancellationToken.IsCancellationRequested)
            {
                throw new VerbFailure(ExitCode.Unavailable, $"The Authority does not answer at {Address}",
                    next: "Is it running? `rescind serve` starts one.", inner: e);
            }
        }
    }

    // RFC 6749 4.4 with the client's credentials in HTTP Basic, form-encoded as section 2.3.1 wants.
    private async Task<string> FetchTokenAsync(CancellationToken cancellationToken)
    {
        var client = _credentials ?? throw new VerbFailure(ExitCode.NotAllowed, "This verb needs credentials and there are none.",
            next: Credentials.HowTo);
        var basic = $"{Uri.EscapeDataString(client.ClientId)}:{Uri.EscapeDataString(client.Secret)}";
        var request = new HttpRequestMessage(HttpMethod.Post, "token")
        {
            Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(basic)));
        using var answer = await SendOnceAsync(request, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw await AuthorityProblem.ReadAsync(answer, cancellationToken);
        }

        var body = await ReadAsync(answer, cancellationToken);
        return body["access_token"].AsText() is { } token && IsBearerToken(token) ? token : throw Answers.Lacks("access_token");
    }

    // RFC 6750 2.1, b64token: any other text breaks the header, or is refused on the way.
    private static bool IsBearerToken(string text) =>
        text.AsSpan().TrimEnd('=') is { IsEmpty: false } token && !token.ContainsAnyExcept(BearerCharacters);
}
