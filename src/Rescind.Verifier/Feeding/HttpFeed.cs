using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Feeding;

/// <summary>
/// The feed over HTTP. Carries bytes and judges nothing but their size and shape. Every failure of the way is a
/// <see cref="FeedException"/> with a sentence, never with a token or a secret. One caller at a time.
/// </summary>
internal sealed class HttpFeed : IRevocationFeed, IDisposable
{
    /// <summary>The longest answer to a poll: 10 000 entries of several kilobytes each.</summary>
    private const int MaxAnswerBytes = 64 * 1024 * 1024;

    /// <summary>
    /// How much later than its wait an answer to a poll may begin, and how long it may stand still then: one that comes
    /// slowly comes all the same.
    /// </summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <summary>How long a snapshot may stand still.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly FeedAddresses _addresses;
    private readonly FeedToken _token;
    private readonly TimeProvider _time;

    public HttpFeed(IOptions<VerifierOptions> options, TimeProvider time)
    {
        _time = time;
        _addresses = new(
            options.Value.Authority ?? throw new ArgumentException("The Authority's URL is not set.", nameof(options)));
        _http = AuthorityHttp.CreateClient(options.Value);
        _token = new(_http, _addresses.Token, options.Value, time);
    }

    public Task<FeedAnswer> PollAsync(FeedRequest request, CancellationToken cancellationToken) => WithinAsync(
        request.Wait + Margin,
        async deadline =>
        {
            using var response = await SendAsync(_addresses.Poll(request), deadline.Token).ConfigureAwait(false);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => FeedJson.Read(await ReadAsync(response, deadline).ConfigureAwait(false)),
                HttpStatusCode.Gone => new() { Outcome = FeedOutcome.Gone },
                HttpStatusCode.Conflict => new FeedAnswer { Outcome = FeedOutcome.Conflict },
                var status => throw Refused(status),
            };
        },
        cancellationToken);

    public Task SnapshotAsync(SnapshotBuilder builder, CancellationToken cancellationToken) => WithinAsync(
        MaxPause,
        async deadline =>
        {
            using var response = await SendAsync(_addresses.Snapshot(builder.Now), deadline.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw response.StatusCode is HttpStatusCode.Conflict
                    ? new FeedException(VerifierErrors.ClockFarBehind.Sentence())
                    : Refused(response.StatusCode);
            }

            var body = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            await using var _ = body.ConfigureAwait(false);
            await SnapshotLines.ReadAsync(body, builder, () => deadline.Move(MaxPause), deadline.Token).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public void Dispose() => _http.Dispose();

    private static Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, Deadline deadline)
    {
        deadline.Move(Margin);
        return BoundedBody.ReadAsync(response, MaxAnswerBytes, () => deadline.Move(Margin), deadline.Token);
    }

    private static FeedException Refused(HttpStatusCode status) => new(
        status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ? VerifierErrors.CredentialsRefused.Sentence($"The feed answered {(int)status}.")
            : (int)status is >= 300 and < 500
                ? VerifierErrors.BadAnswer.Sentence($"The feed answered {(int)status}.")
                : VerifierErrors.Unreachable.Sentence($"The feed answered {(int)status}."));

    /// <summary>
    /// Sends with the token; once more with a new one if it was refused: the Authority may have replaced its keys.
    /// </summary>
    private async Task<HttpResponseMessage> SendAsync(Uri url, CancellationToken cancellationToken)
    {
        var response = await SendOnceAsync(url, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is not HttpStatusCode.Unauthorized)
        {
            return response;
        }

        response.Dispose();
        _token.Forget();
        return await SendOnceAsync(url, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(Uri url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = await _token.GetAsync(cancellationToken).ConfigureAwait(false);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> WithinAsync<T>(TimeSpan limit, Func<Deadline, Task<T>> call, CancellationToken cancellationToken)
    {
        var deadline = new Deadline(limit, _time, cancellationToken);
        await using var _ = deadline.ConfigureAwait(false);
        try
        {
            return await call(deadline).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FeedException(
                VerifierErrors.Unreachable.Sentence($"It did not answer within {deadline.Limit.TotalSeconds:0.#} s."));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or SocketException)
        {
            throw new FeedException(VerifierErrors.Unreachable.Sentence(failure.Message), failure);
        }
    }
}
