namespace Rescind.Authority.Canaries;

/// <summary>One verifier and its canaries. Not safe for concurrent use: <see cref="CanaryWatch"/> holds its lock.</summary>
internal sealed class WatchedVerifier
{
    private const int MostAccepted = 16;

    // The canaries that it called good, oldest first: only for these a refusal proves anything.
    private readonly List<(string Id, TimeSpan? Verdict, TimeSpan? Connection)> _accepted = [];
    private bool _acceptsTheDead;
    private TimeSpan? _took;

    public long HeardAt { get; set; }

    /// <summary>Since when it has been given a canary on which it reports nothing; null if it reports.</summary>
    public long? HandedAt { get; private set; }

    public string? HandedId { get; private set; }

    /// <summary>Whether it takes no canary although it says that it does.</summary>
    public bool IsDeaf { get; set; }

    public bool IsRed => _acceptsTheDead || IsDeaf;

    public CanaryState State => new(
        IsRed ? CanaryLight.Red : _took is null ? CanaryLight.Unproved : CanaryLight.Green, _took);

    /// <summary>A canary goes out with an answer.</summary>
    public void Handed(string id, long now) => (HandedAt, HandedId) = (HandedAt ?? now, id);

    /// <summary>It reports on the one that it was given last.</summary>
    public void Took() => (HandedAt, HandedId) = (null, null);

    /// <summary>It reports on one that lives.</summary>
    public void Accepts(CanaryReport report)
    {
        if (report is { Verdict: VerdictKind.Valid, IsConnectionOpen: true } && _accepted.All(one => one.Id != report.Id))
        {
            _accepted.Add((report.Id, null, null));
            if (_accepted.Count > MostAccepted)
            {
                _accepted.RemoveAt(0);
            }
        }
    }

    /// <summary>Whether it has called one good.</summary>
    public bool HasAccepted(string canary) => _accepted.Exists(one => one.Id == canary);

    /// <summary>It reports on one that is dead; how long it took if it refuses it wholly for the first time.</summary>
    public TimeSpan? Refuses(CanaryReport report, TimeSpan elapsed, TimeSpan bound)
    {
        // Unknown refuses too: 503.
        var isRefused = report.Verdict is not (VerdictKind.Valid or VerdictKind.Undecided);
        if (!isRefused || report.IsConnectionOpen)
        {
            _acceptsTheDead |= elapsed > bound;
        }

        var at = _accepted.FindIndex(one => one.Id == report.Id);
        if (at < 0)
        {
            return null;
        }

        var (id, verdict, connection) = _accepted[at];
        var now = (verdict ?? (isRefused ? elapsed : null), connection ?? (report.IsConnectionOpen ? null : elapsed));
        _accepted[at] = (id, now.Item1, now.Item2);
        if (now is not ({ } first, { } second) || (verdict, connection) is ({ }, { }))
        {
            return null;
        }

        _took = first > second ? first : second;
        _acceptsTheDead = _took > bound;
        return _took;
    }

    /// <summary>How long it took to refuse one; null if it has not.</summary>
    public RefusalTimes? TimesOf(string canary) => _accepted.Find(one => one.Id == canary) switch
    {
        (_, { } verdict, { } connection) => new(verdict, connection),
        _ => null,
    };
}

/// <summary>How long a verifier took from the acknowledgement of a revocation until it said that it refuses.</summary>
/// <param name="Verdict">Requests.</param>
/// <param name="Connection">Live connections.</param>
internal sealed record RefusalTimes(TimeSpan Verdict, TimeSpan Connection);

/// <summary>What the canaries say of a verifier.</summary>
internal enum CanaryLight : byte
{
    /// <summary>It has refused none yet that it had accepted.</summary>
    Unproved = 0,

    /// <summary>It has refused the last one within its bound.</summary>
    Green = 1,

    /// <summary>It goes on accepting one that is dead, or takes none.</summary>
    Red = 2,
}

/// <summary>The light, and how long the last refusal took; null if there was none.</summary>
internal readonly record struct CanaryState(CanaryLight Light, TimeSpan? Took);

/// <summary>The lights in words.</summary>
internal static class CanaryLights
{
    public static string WordOf(CanaryLight light) => light switch
    {
        CanaryLight.Green => "green",
        CanaryLight.Red => "red",
        _ => "unproved",
    };
}
