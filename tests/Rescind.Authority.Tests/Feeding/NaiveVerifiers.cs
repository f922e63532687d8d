using Rescind.Authority.Feeding;

namespace Rescind.Authority.Tests.Feeding;

/// <summary>What receipts say of verifiers, by looking at every verifier at every question.</summary>
internal sealed class NaiveVerifiers
{
    private readonly Dictionary<(string ClientId, string Instance), NaiveVerifier> _all = [];
    private readonly List<NaiveWait> _waits = [];
    private long _closed;
    private int _came;

    public int Count => _all.Count;

    public void Hear(
        string clientId, FollowerIdentity follower, LogPosition position, ConnectionCounts? connections, DateTimeOffset now)
    {
        var key = (clientId, follower.Instance);
        var before = _all.GetValueOrDefault(key);
        _all[key] = new(key, follower, position, connections) { Seen = now, Number = before?.Number ?? _came++ };
        var closed = before?.Connections?.Closed ?? 0;
        _closed += connections is null ? 0 : connections.Closed >= closed ? connections.Closed - closed : connections.Closed;
        EndWaits(now);
    }

    /// <summary>An answer leaves; false if nobody of that name is remembered.</summary>
    public bool Answer(string clientId, string instance, DateTimeOffset now)
    {
        if (!_all.TryGetValue((clientId, instance), out var known))
        {
            return false;
        }

        known.Seen = now;
        return true;
    }

    public void Leave(string clientId, string instance, DateTimeOffset now)
    {
        _all.Remove((clientId, instance));
        EndWaits(now);
    }

    public void ForgetOld(DateTimeOffset now) =>
        _all.Values.Where(known => now > known.LiveUntil + VerifierRegistry.RememberedFor).ToList()
            .ForEach(old => _all.Remove(old.Key));

    public IReadOnlyList<NaiveVerifier> LiveAt(DateTimeOffset now) => [.. _all.Values.Where(known => now <= known.LiveUntil)];

    public long? ConnectionsAt(DateTimeOffset now)
    {
        var counts = LiveAt(now).Select(known => known.Connections?.Live).OfType<long>().ToList();
        return counts.Count > 0 ? counts.Sum() : null;
    }

    public NaiveWait Wait(LogPosition position, DateTimeOffset now)
    {
        var wait = new NaiveWait(position, _closed);
        _waits.Add(wait);
        EndWaits(now);
        return wait;
    }

    /// <summary>A receipt waits until no live verifier is behind its position.</summary>
    public void EndWaits(DateTimeOffset now)
    {
        foreach (var wait in _waits.Where(wait => LiveAt(now).All(known => known.Position >= wait.Position)))
        {
            wait.IsDone = true;
        }
    }

    public ReceiptCoverage Cover(LogPosition position, DateTimeOffset committed, TimeSpan elapsed, DateTimeOffset now)
    {
        var live = LiveAt(now);
        var behind = live.Where(known => known.Position < position)
            .OrderBy(known => known.Position).ThenBy(known => known.Number).ToList();
        var certain = committed;
        foreach (var late in behind)
        {
            var beforeCommit = now - late.Seen - elapsed;
            var stops = committed + late.Bound - (beforeCommit > TimeSpan.Zero ? beforeCommit : TimeSpan.Zero);
            certain = stops > certain ? stops : certain;
        }

        return new(live.Count, live.Count - behind.Count, elapsed, [.. behind.Take(100).Select(late => late.Label)], certain);
    }

    public long? ClosedSince(NaiveWait wait)
    {
        var closed = _closed - wait.Closed;
        return closed > 0 || _all.Values.Any(known => known.Connections is not null) ? closed : null;
    }
}

internal sealed record NaiveVerifier(
    (string ClientId, string Instance) Key, FollowerIdentity Follower, LogPosition Position, ConnectionCounts? Connections)
{
    public DateTimeOffset Seen { get; set; }

    public int Number { get; init; }

    public TimeSpan Bound => Follower.Bound;

    public DateTimeOffset LiveUntil => Seen + Bound + VerifierRegistry.Grace;

    public string Label => $"{Follower.Name}/{Follower.Instance}";
}

internal sealed record NaiveWait(LogPosition Position, long Closed)
{
    public bool IsDone { get; set; }
}
