using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Feeding;

/// <summary>
/// The access token that reads the feed, by client credentials (RFC 6749 section 4.4), renewed before it ends. Kept in memory
/// alone. One caller at a time.
/// </summary>
internal sealed class FeedToken(HttpClient http, Uri endpoint, VerifierOptions options, TimeProvider time)
{
    private const int MaxAnswerBytes = 64 * 1024;

    // A quarter of its life is left when it is renewed, so that a slow Authority has time to answer.
    private const double RenewAt = 0.75;

    private readonly AuthenticationHeaderValue _credentials = AuthorityHttp.Credentials(options);
    private AuthenticationHeaderValue? _token;
    private long _obtained;
    private TimeSpan _life;

    /// <summary>The header to send; throws <see cref="FeedException"/> if none can be had.</summary>
    public async Task<AuthenticationHeaderValue> GetAsync(CancellationToken cancellationToken)
    {
        if (_token is null || time.GetElapsedTime(_obtained) >= _life * RenewAt)
        {
            // Counted from before the request: the life that the answer names cannot have begun earlier.
            var asked = time.GetTimestamp();
            (_token, _life) = await RequestAsync(cancellationToken).ConfigureAwait(false);
            _obtained = asked;
        }

        return _token;
    }

    /// <summary>Forgets the token, because it was refused.</summary>
    public void Forget() => _token = null;

    private async Task<(AuthenticationHeaderValue Token, TimeSpan Life)> RequestAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("scope", "feed")]),
        };
        request.Headers.Authorization = _credentials;
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            .ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw Refused(response.StatusCode);
        }

        var body = await BoundedBody.ReadAsync(response, MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
        return Read(body);
    }

    private static FeedException Refused(HttpStatusCode status) => new(
        (int)status is >= 400 and < 500 and not 429
            ? VerifierErrors.CredentialsRefused.Sentence($"The token endpoint answered {(int)status}.")
            : VerifierErrors.Unreachable.Sentence($"The token endpoint answered {(int)status}."));

    private static (AuthenticationHeaderValue, TimeSpan) Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new() { MaxDepth = 8, AllowDuplicateProperties = false });
            var answer = document.RootElement;
            var token = answer.GetProperty("access_token").GetString() ?? "";
            var type = answer.GetProperty("token_type").GetString() ?? "";
            var seconds = answer.GetProperty("expires_in").GetInt32();
            if (type.Equals("Bearer", StringComparison.OrdinalIgnoreCase) && seconds > 0 && token.Length > 0
                && token.All(IsTokenCharacter))
            {
                return (new("Bearer", token), TimeSpan.FromSeconds(seconds));
            }
        }
        catch (Exception failure)
            when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // The cause would quote the body, which holds the token.
        }

        throw new FeedException(VerifierErrors.BadAnswer.Sentence("It is the token endpoint's."));
    }

    // b64token, RFC 6750 section 2.1.
    private static bool IsTokenCharacter(char c) =>
        char.IsAsciiLetterOrDigit(c) || "-._~+/=".Contains(c);
}
