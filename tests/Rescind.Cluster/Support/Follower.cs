using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Rescind.Cluster.Support;

/// <summary>
/// A verifier without its API: the product's own follower and replica over HTTP. Very many fit into one process.
/// </summary>
internal sealed class Follower
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly Func<string> _token;
    private readonly FeedFollower _follower;

    public Follower(HttpClient http, Func<string> token, int number)
    {
        (_http, _token) = (http, token);
        Replica = new(TimeProvider.System, Entropy.System);
        var identity = new FollowerIdentity($"follower-{number}", Guid.NewGuid().ToString(), Bound, "1.0.0");
        _follower = new(Replica, identity, Bound, TimeProvider.System, Entropy.System);
    }

    public Replica Replica { get; }

    /// <summary>Follows until it is told to stop; no failure of the way ends it.</summary>
    public async Task RunAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var step = _follower.Next();
            try
            {
                await DoAsync(step, over);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is HttpRequestException or FeedException or IOException or OperationCanceledException)
            {
                _follower.Failed(e.Message);
            }
        }
    }

    private async Task DoAsync(FollowerStep step, CancellationToken over)
    {
        switch (step)
        {
            case { Kind: FollowerStepKind.Poll, Request: { } request }:
                _follower.Answered(request, await PollAsync(request, over));
                break;
            case { Kind: FollowerStepKind.Snapshot, Snapshot: { } snapshot }:
                using (var response = await SendAsync("/v1/feed/snapshot", over))
                {
                    response.EnsureSuccessStatusCode();
                    var lines = await response.Content.ReadAsStringAsync(over);
                    foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    {
                        FeedJson.ReadSnapshotLine(Encoding.UTF8.GetBytes(line), snapshot);
                    }
                }

                _follower.Loaded(snapshot);
                break;
            default:
                await Task.Delay(step.Delay, over);
                break;
        }
    }

    private async Task<FeedAnswer> PollAsync(FeedRequest request, CancellationToken over)
    {
        var identity = request.Follower!;
        using var response = await SendAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"/v1/feed?epoch={request.Epoch}&after={request.After}&wait={request.Wait.TotalSeconds:0.###}"
                    + $"&nonce={request.Nonce}&chain={request.Chain}&verifier={identity.Name}&instance={identity.Instance}"
                    + $"&bound={identity.Bound.TotalSeconds}"),
            over);
        return response.StatusCode switch
        {
            HttpStatusCode.OK => FeedJson.Read(await response.Content.ReadAsByteArrayAsync(over)),
            HttpStatusCode.Gone => new() { Outcome = FeedOutcome.Gone },
            HttpStatusCode.Conflict => new FeedAnswer { Outcome = FeedOutcome.Conflict },
            var status => throw new FeedException($"{status}"),
        };
    }

    private Task<HttpResponseMessage> SendAsync(string path, CancellationToken over)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token());
        return _http.SendAsync(request, over);
    }
}
