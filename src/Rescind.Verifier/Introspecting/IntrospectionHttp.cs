using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Feeding;

namespace Rescind.Verifier.Introspecting;

/// <summary>
/// One question over HTTP (RFC 7662) with the verifier's client credentials. Safe for concurrent use. The token goes in
/// the body; no failure quotes it, or the answer.
/// </summary>
internal sealed class IntrospectionHttp(IOptions<VerifierOptions> options) : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;

    private readonly HttpClient _http = AuthorityHttp.CreateClient(options.Value);

    /// <summary>Whether the token is active; throws if there is no answer that says so or not.</summary>
    public async Task<bool> IsActiveAsync(string token, CancellationToken cancellationToken)
    {
        var authority = options.Value.Authority ?? throw new FeedException(VerifierErrors.NobodyToAsk.Sentence());
        using var request = new HttpRequestMessage(HttpMethod.Post, new FeedAddresses(authority).Introspect)
        {
            Content = new FormUrlEncodedContent([new("token", token), new("token_type_hint", "access_token")]),
        };
        request.Headers.Authorization = AuthorityHttp.Credentials(options.Value);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            .ConfigureAwait(false);
        return response.StatusCode is HttpStatusCode.OK
            ? Read(await BoundedBody.ReadAsync(response, MaxAnswerBytes, cancellationToken).ConfigureAwait(false))
            : throw Refused(response.StatusCode);
    }

    public void Dispose() => _http.Dispose();

    private static FeedException Refused(HttpStatusCode status) => new(
        (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? VerifierErrors.CredentialsRefused
            : (int)status is >= 300 and < 500 and not 429 ? VerifierErrors.BadAnswer
            : VerifierErrors.Unreachable).Sentence($"Introspection answered {(int)status}."));

    private static bool Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new() { MaxDepth = 16, AllowDuplicateProperties = false });
            return document.RootElement.GetProperty("active").GetBoolean();
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // The cause would quote the body.
            throw new FeedException(VerifierErrors.BadAnswer.Sentence("It is that of introspection."));
        }
    }
}
