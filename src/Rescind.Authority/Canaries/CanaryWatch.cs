using Microsoft.Extensions.Logging;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Canaries;

/// <summary>
/// What each verifier makes of the canaries of this node: first it must have said that one is good, then, once that is
/// revoked, that it is refused. One that goes on accepting past its bound, or takes none, is red. A verifier that is
/// silent is late, and no matter of this. Bounded as the remembered verifiers are. Safe for concurrent use.
/// </summary>
internal sealed class CanaryWatch(AuthorityMetrics metrics, TimeProvider time, ILogger<CanaryWatch> logger)
{
    /// <summary>How long one that says nothing is remembered here.</summary>
    private static readonly TimeSpan RememberedFor = TimeSpan.FromHours(1);

    /// <summary>How long after the last poll of one that takes canaries they go on.</summary>
    private static readonly TimeSpan WantedFor = TimeSpan.FromMinutes(1);

    private const int MostVerifiers = 10_000;
    private const int MostRevoked = 64;

    // Guards everything below.
    private readonly Lock _lock = new();
    private readonly Dictionary<(string ClientId, string Instance), WatchedVerifier> _verifiers = [];
    private readonly Queue<RevokedCanary> _revoked = new();
    private Canary? _present;
    private long? _askedAt;

    /// <summary>Whether a verifier that takes canaries has polled lately.</summary>
    public bool IsWanted
    {
        get
        {
            lock (_lock)
            {
                return _askedAt is { } at && time.GetElapsedTime(at) < WantedFor;
            }
        }
    }

    /// <summary>The canary that is handed out now; null before the first.</summary>
    public string? PresentId
    {
        get
        {
            lock (_lock)
            {
                return _present?.Id;
            }
        }
    }

    /// <summary>Hands out another canary from now on; returns the one before, which is about to be revoked.</summary>
    public Canary? Swap(Canary? next)
    {
        lock (_lock)
        {
            var before = _present;
            _present = next;
            return before;
        }
    }

    /// <summary>One was revoked, and that was acknowledged at a timestamp.</summary>
    public void Revoked(Canary canary, LogPosition position, long at)
    {
        lock (_lock)
        {
            _revoked.Enqueue(new(canary.Id, position, at));
            while (_revoked.Count > MostRevoked)
            {
                _revoked.Dequeue();
            }

            if (_verifiers.Count >= MostVerifiers / 2)
            {
                foreach (var (key, _) in _verifiers.Where(one => time.GetElapsedTime(one.Value.HeardAt) > RememberedFor).ToList())
                {
                    _verifiers.Remove(key);
                }
            }
        }
    }

    /// <summary>Hears what a poll reports, as it comes.</summary>
    public void Hear(string clientId, FollowerIdentity follower, IReadOnlyList<CanaryReport> reports)
    {
        bool wasRed, isRed;
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _askedAt = now;
            if (!_verifiers.TryGetValue((clientId, follower.Instance), out var verifier))
            {
                if (_verifiers.Count >= MostVerifiers)
                {
                    return;
                }

                _verifiers.Add((clientId, follower.Instance), verifier = new());
            }

            verifier.HeardAt = now;
            wasRed = verifier.IsRed;
            Judge(verifier, follower, reports);
            isRed = verifier.IsRed;
        }

        if (wasRed != isRed)
        {
            Tell(clientId, follower, isRed);
        }
    }

    /// <summary>The token that the answer to such a poll is to carry; null if the verifier has it.</summary>
    public string? Hand(string clientId, FollowerIdentity follower, IReadOnlyList<CanaryReport> reports)
    {
        lock (_lock)
        {
            if (_present is not { } present || reports.Any(one => one.Id == present.Id)
                || !_verifiers.TryGetValue((clientId, follower.Instance), out var verifier))
            {
                return null;
            }

            verifier.Handed(present.Id, time.GetTimestamp());
            return present.Token;
        }
    }

    /// <summary>What is known of one; null if it takes no canaries.</summary>
    public CanaryState? Find(string clientId, string instance)
    {
        lock (_lock)
        {
            return _verifiers.TryGetValue((clientId, instance), out var verifier) ? verifier.State : null;
        }
    }

    /// <summary>Whether one has said that a canary is good.</summary>
    public bool HasAccepted(string clientId, string instance, string canary)
    {
        lock (_lock)
        {
            return _verifiers.TryGetValue((clientId, instance), out var verifier) && verifier.HasAccepted(canary);
        }
    }

    /// <summary>How long one took to refuse a canary, once it said so; null before.</summary>
    public RefusalTimes? TimesOf(string clientId, string instance, string canary)
    {
        lock (_lock)
        {
            return _verifiers.TryGetValue((clientId, instance), out var verifier) ? verifier.TimesOf(canary) : null;
        }
    }

    /// <summary>How many are green, red, or have not been tried yet.</summary>
    public IReadOnlyDictionary<CanaryLight, int> Count()
    {
        lock (_lock)
        {
            return Enum.GetValues<CanaryLight>().ToDictionary(
                static light => light, light => _verifiers.Values.Count(
                    one => one.State.Light == light && time.GetElapsedTime(one.HeardAt) < WantedFor));
        }
    }

    private void Judge(WatchedVerifier verifier, FollowerIdentity follower, IReadOnlyList<CanaryReport> reports)
    {
        foreach (var report in reports)
        {
            if (_revoked.FirstOrDefault(one => one.Id == report.Id) is { } revoked)
            {
                if (verifier.Refuses(report, time.GetElapsedTime(revoked.At), follower.Bound) is { } took)
                {
                    metrics.CanaryRefused(took);
                }
            }
            else if (report.Id == _present?.Id)
            {
                verifier.Accepts(report);
            }
        }

        if (reports.Any(one => one.Id == verifier.HandedId))
        {
            verifier.Took();
        }

        verifier.IsDeaf = verifier.HandedAt is { } at && time.GetElapsedTime(at) > follower.Bound;
    }

    private void Tell(string clientId, FollowerIdentity follower, bool isRed)
    {
        if (isRed)
        {
            CanaryLog.NotRefused(logger, follower.Name, follower.Instance, clientId, follower.Bound.TotalSeconds);
        }
        else
        {
            CanaryLog.RefusedAgain(logger, follower.Name, follower.Instance, clientId);
        }
    }
}

/// <summary>A token for nobody. <paramref name="Token"/> is given to followers alone, and never logged.</summary>
internal sealed record Canary(string Id, string Token, long Expires)
{
    /// <summary>Names no token (G7).</summary>
    public override string ToString() => $"canary {Id}";
}

/// <summary>A canary that is dead: since when, by the time that passes.</summary>
internal sealed record RevokedCanary(string Id, LogPosition Position, long At);
