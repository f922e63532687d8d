using Microsoft.Extensions.Logging.Abstractions;
using Rescind.Authority.Clients;
using Rescind.Authority.Feeding;
using Rescind.Authority.Nodes;
using Rescind.Authority.Tests.Support;
using Rescind.Client.Tests.Support;

namespace Rescind.Authority.Tests.Feeding;

/// <summary>One thing that happens.</summary>
internal sealed record Happening(int What, int Who, int Amount);

/// <summary>Tells the same to the registry of verifiers and to a naive one, and compares what they say.</summary>
internal sealed class VerifierStory : IDisposable
{
    private const int Crowd = 130;

    private static readonly double[] Bounds = [5, 5, 2, 60, 0.5, 20];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SettableTime _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly NaiveVerifiers _naive = new();
    private readonly NodeRegistry _registry;
    private readonly ClientRegistry _clients;
    private readonly VerifierRegistry _verifiers;
    private readonly List<Waiting> _waits = [];
    private readonly Dictionary<int, ConnectionCounts> _connections = [];
    private readonly DateTimeOffset _begun;
    private readonly long _timestamp;
    private long _head = 10;

    public VerifierStory()
    {
        var rows = new SavedRows();
        _registry = new(rows);
        _clients = new(_registry);
        _verifiers = new(rows, _clients, _time, NullLogger<VerifierRegistry>.Instance);
        (_begun, _timestamp) = (_time.GetUtcNow(), _time.GetTimestamp());
    }

    private DateTimeOffset Now => _begun + _time.GetElapsedTime(_timestamp);

    public void Dispose()
    {
        _clients.Dispose();
        _registry.Dispose();
    }

    public async Task TellAsync(Happening happening)
    {
        var (what, who, amount) = happening;
        switch (what)
        {
            case <= 3:
                Hear(who, amount);
                await AnswerAsync(who, amount);
                break;
            case 4:
                Hear(who, amount);
                break;
            case 5:
                await AnswerAsync(who, amount);
                break;
            case 6:
                Leave(who);
                break;
            case 7:
                await PassAsync(TimeSpan.FromMilliseconds(amount % 2_500));
                break;
            case 8:
                await PassAsync(TimeSpan.FromSeconds(amount % 70));
                break;
            case 9:
                await PassAsync(TimeSpan.FromMinutes(amount % 90));
                break;
            case 10 or 11:
                Revoke(TimeSpan.FromMilliseconds(amount % 10_000));
                break;
            case 12:
                await CrowdAsync(amount);
                break;
            case 13:
                await _verifiers.SaveAsync(CancellationToken.None);
                _naive.ForgetOld(Now);
                break;
            default:
                _time.Set(TimeSpan.FromMinutes((amount % 600) - 300));
                break;
        }

        await CompareAsync(amount);
    }

    public async Task EndAsync()
    {
        await PassAsync(TimeSpan.FromSeconds(10));
        _waits.ShouldBeEmpty();
    }

    private static string ClientOf(int who) => who % 2 == 0 ? "api" : "other";

    private static FollowerIdentity FollowerOf(int who, int amount) =>
        new("orders", $"{who}", TimeSpan.FromSeconds(Bounds[(who + (amount % 7 == 0 ? 1 : 0)) % Bounds.Length]));

    private void Hear(int who, int amount)
    {
        var (follower, position) = (FollowerOf(who, amount), new LogPosition(Math.Max(0, _head - (amount % 4))));
        if (amount % 5 == 0)
        {
            var before = _connections.GetValueOrDefault(who, new(0, 0));
            // Now and then it has begun anew.
            _connections[who] = new(amount % 11, amount % 13 == 0 ? 1 : before.Closed + (amount % 3));
        }

        var connections = _connections.GetValueOrDefault(who);
        _verifiers.Hear(ClientOf(who), null, Poll(follower, position) with { Connections = connections });
        _naive.Hear(ClientOf(who), follower, position, connections, Now);
    }

    private async Task AnswerAsync(int who, int amount)
    {
        if (_naive.Answer(ClientOf(who), $"{who}", Now))
        {
            await _verifiers.AnsweringAsync(ClientOf(who), FollowerOf(who, amount), TimeSpan.Zero, CancellationToken.None);
        }
    }

    private void Leave(int who)
    {
        _verifiers.Hear(ClientOf(who), null, Poll(FollowerOf(who, 1), default) with { Leaving = true });
        _naive.Leave(ClientOf(who), $"{who}", Now);
    }

    private async Task CrowdAsync(int amount)
    {
        for (var who = 0; who < Crowd; who++)
        {
            Hear(who, amount + (who % 3));
            await EndWaitsAsync();
            await AnswerAsync(who, amount);
        }
    }

    private void Revoke(TimeSpan limit)
    {
        var (position, committed) = (new LogPosition(++_head), _time.GetUtcNow());
        var naive = _naive.Wait(position, Now);
        var wait = _verifiers.Receipts.WaitAsync(position, committed, limit, _verifiers.Receipts.Closed, CancellationToken.None);
        _waits.Add(new(wait, naive, committed, limit, _time.GetTimestamp()));
    }

    // From one instant at which a wait runs out to the next, so that each receipt is of that instant.
    private async Task PassAsync(TimeSpan span)
    {
        await EndWaitsAsync();
        for (var left = span; left > TimeSpan.Zero;)
        {
            var next = _waits.Select(LeftOf).Append(left).Min();
            _time.Advance(next);
            left -= next;
            LookAtWhoIsLive();
            await EndWaitsAsync();
        }
    }

    // Who has fallen silent is noticed by whatever asks next.
    private void LookAtWhoIsLive()
    {
        _verifiers.LiveCount.ShouldBe(_naive.LiveAt(Now).Count);
        _naive.EndWaits(Now);
    }

    private async Task EndWaitsAsync()
    {
        foreach (var wait in _waits.ToList())
        {
            if (!wait.Naive.IsDone && LeftOf(wait) > TimeSpan.Zero)
            {
                wait.Task.IsCompleted.ShouldBeFalse("a receipt that waits for somebody");
                continue;
            }

            _waits.Remove(wait);
            var coverage = await wait.Task.WaitAsync(Patience);
            Compare(coverage, _naive.Cover(wait.Naive.Position, wait.Committed, _time.GetElapsedTime(wait.Since), Now));
            coverage.Closed.ShouldBe(_naive.ClosedSince(wait.Naive));
        }
    }

    private TimeSpan LeftOf(Waiting wait) => wait.Limit - _time.GetElapsedTime(wait.Since);

    private async Task CompareAsync(int amount)
    {
        await EndWaitsAsync();
        var (position, elapsed) = (new LogPosition(Math.Max(0, _head - (amount % 3))), TimeSpan.FromMilliseconds(amount % 9_000));
        var committed = _time.GetUtcNow() - elapsed;
        LookAtWhoIsLive();
        Compare(_verifiers.Receipts.Coverage(position, committed), _naive.Cover(position, committed, elapsed, Now));
        _verifiers.Receipts.LiveConnections.ShouldBe(_naive.ConnectionsAt(Now));
        _verifiers.List(new(_head)).Count.ShouldBe(_naive.Count);
    }

    private static void Compare(ReceiptCoverage coverage, ReceiptCoverage naive)
    {
        (coverage.Verifiers, coverage.Applied, coverage.Elapsed, coverage.CertainAt, coverage.Uncounted)
            .ShouldBe((naive.Verifiers, naive.Applied, naive.Elapsed, naive.CertainAt, 0));
        coverage.Behind.ShouldBe(naive.Behind);
    }

    private static FeedRequest Poll(FollowerIdentity follower, LogPosition position) =>
        new() { Epoch = "e", After = position, Nonce = "n", Follower = follower };

    private sealed record Waiting(
        Task<ReceiptCoverage> Task, NaiveWait Naive, DateTimeOffset Committed, TimeSpan Limit, long Since);
}
