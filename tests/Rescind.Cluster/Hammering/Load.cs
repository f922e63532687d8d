using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Rescind.EndToEnd;

namespace Rescind.Cluster.Hammering;

/// <summary>Callers that start, refresh, revoke and ask, all at once and at every node.</summary>
internal sealed class Load(Caller caller, Promises promises)
{
    private const int Sessions = 6;
    private const int Revokers = 2;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly List<LiveSession> _live = [];
    private FeedPosition? _followed;
    private int _subjects;

    public IReadOnlyList<LiveSession> Live => _live;

    /// <summary>Starts the sessions that nobody revokes, and follows the log of this epoch from its beginning.</summary>
    public async Task BeginAsync(string epoch)
    {
        _followed = new(epoch, 0, null);
        while (_live.Count < Sessions)
        {
            if (await StartAsync($"alive-{_live.Count}") is { } session)
            {
                _live.Add(session);
            }
        }
    }

    public Task RunAsync(OrdersProcess orders, CancellationToken stop) => Task.WhenAll(
    [
        .. _live.Select(session => RepeatAsync(() => RotateAsync(session), stop)),
        .. Enumerable.Range(0, Revokers).Select(_ => RepeatAsync(RevokeOneAsync, stop)),
        RepeatAsync(IntrospectAsync, stop), RepeatAsync(FollowAsync, stop), RepeatAsync(() => OrderAsync(orders), stop),
    ]);

    /// <summary>Refreshes a session; every third time at two places at once.</summary>
    public async Task RotateAsync(LiveSession session)
    {
        if (session.IsWaiting)
        {
            return;
        }

        var presented = session.RefreshToken;
        var answers = await Task.WhenAll(
            Enumerable.Range(0, promises.Successors % 3 == 0 ? 2 : 1).Select(_ => caller.RefreshAsync(presented)));
        session.IsWaiting = answers.Any(answer => answer is null);
        foreach (var answer in answers.OfType<Support.Answer>())
        {
            if (answer.Status is not HttpStatusCode.OK)
            {
                promises.Break($"A good refresh token was refused: {(int)answer.Status} {answer.Body}");
                continue;
            }

            promises.Succeeded(session.Id, presented, answer.Text("refresh_token"));
            (session.RefreshToken, session.AccessToken) = (answer.Text("refresh_token"), answer.Text("access_token"));
        }
    }

    private async Task<LiveSession?> StartAsync(string subject)
    {
        var started = await caller.PostAsync("/v1/sessions", new JsonObject { ["subject"] = subject, ["audience"] = "orders" });
        if (started is null)
        {
            return null;
        }

        if (started.Status is not HttpStatusCode.Created)
        {
            promises.Break($"A session did not start: {(int)started.Status} {started.Body}");
            return null;
        }

        return new(started.Text("session_id"), started.Text("access_token"), started.Text("refresh_token"));
    }

    private async Task RevokeOneAsync()
    {
        if (await StartAsync($"victim-{Interlocked.Increment(ref _subjects)}") is not { } session)
        {
            return;
        }

        var body = new JsonObject { ["match"] = new JsonObject { ["session"] = session.Id }, ["reason"] = "test" };
        if (await caller.PostAsync("/v1/revocations", body) is not { } answer)
        {
            return; // Nothing was promised.
        }

        if (answer.Status is not HttpStatusCode.Created)
        {
            promises.Break($"A session was not revoked: {(int)answer.Status} {answer.Body}");
            return;
        }

        promises.Revoked.Enqueue(new(answer.Text("id"), session.AccessToken, session.RefreshToken));
        if (await caller.IsActiveAsync(session.AccessToken) is true)
        {
            promises.Break($"What {answer.Text("id")} had ended was active right afterwards.");
        }
    }

    private async Task IntrospectAsync()
    {
        var session = _live[Random.Shared.Next(_live.Count)];
        if (await caller.IsActiveAsync(session.AccessToken) is false)
        {
            promises.Break($"The token of {session.Id}, which nobody revoked, was not active.");
        }
    }

    // Whatever node answers goes on from what another one has published.
    private async Task FollowAsync()
    {
        var at = _followed.ShouldNotBeNull();
        var chain = at.Chain is null ? "" : $"&chain={at.Chain}";
        if (await caller.GetAsync($"/v1/feed?epoch={at.Epoch}&after={at.Head}&wait=0&nonce=n{chain}") is not { } answer)
        {
            return;
        }

        var next = FeedPosition.Of(answer.Body);
        if (answer.Status is not HttpStatusCode.OK || next?.Epoch != at.Epoch || next.Head < at.Head)
        {
            promises.Break($"After {at}: {(int)answer.Status} {answer.Body}");
        }

        _followed = next ?? at;
    }

    private async Task OrderAsync(OrdersProcess orders)
    {
        var token = _live[Random.Shared.Next(_live.Count)].AccessToken;
        try
        {
            if (await orders.StatusAsync(token) is HttpStatusCode.Unauthorized)
            {
                promises.Break("A verifier refused with 401 what nobody revoked.");
            }
        }
        catch (TaskCanceledException)
        {
            // It has not answered: nothing was said.
        }
    }

    private static async Task RepeatAsync(Func<Task> work, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await work();
            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    private sealed record FeedPosition(string Epoch, long Head, string? Chain)
    {
        public static FeedPosition? Of(JsonNode? answer) => answer?["epoch"] is { } epoch && answer["head"] is { } head
            ? new((string)epoch!, long.Parse(head.ToString(), CultureInfo.InvariantCulture), (string?)answer["chain"])
            : null;
    }
}
