using Microsoft.Extensions.Options;

namespace Rescind.Verifier.Tests.Support;

/// <summary>
/// A verifier's replica that follows a <see cref="FakeLog"/> one step at a time, under a clock that only the test
/// moves.
/// </summary>
internal sealed class FollowedReplica
{
    private readonly FakeLog _log;
    private readonly FeedFollower _follower;

    public FollowedReplica(FakeLog log, TimeSpan bound, TimeSpan freshness)
    {
        _log = log;
        Held = new(new(Time, Entropy.System));
        Status = new(Replica, Options.Create(new VerifierOptions { MaxStaleness = bound }));
        _follower = new(Replica, new("orders", "one", bound), freshness, Time, Entropy.System);
    }

    public SettableTime Time { get; } = new(DateTimeOffset.UtcNow);

    public VerifierReplica Held { get; }

    public Replica Replica => Held.Replica;

    public VerifierStatus Status { get; }

    /// <summary>Takes the snapshot, which proves nothing yet.</summary>
    public async Task LoadAsync()
    {
        var step = _follower.Next();
        await _log.SnapshotAsync(step.Snapshot!, default);
        _follower.Loaded(step.Snapshot!);
    }

    /// <summary>
    /// One poll; <paramref name="meanwhile"/> is given how long the Authority holds it, and moves the clock. What it
    /// brought.
    /// </summary>
    public async Task<IReadOnlyList<LogEntry>> PollAsync(Action<TimeSpan>? meanwhile = null)
    {
        var request = _follower.Next().Request!;
        meanwhile?.Invoke(request.Wait);
        var answer = await _log.PollAsync(request with { Wait = TimeSpan.Zero }, default);
        _follower.Answered(request, answer with { Held = request.Wait });
        return answer.Entries;
    }

    public async Task BecomeReadyAsync()
    {
        await LoadAsync();
        await PollAsync();
        await PollAsync();
        Status.IsReady.ShouldBeTrue();
    }
}
