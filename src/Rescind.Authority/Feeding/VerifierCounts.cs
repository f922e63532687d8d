namespace Rescind.Authority.Feeding;

/// <summary>How many verifiers there are by state, and for how long the one that waits longest has heard nothing.</summary>
internal readonly record struct VerifierCounts(int Live, int Late, int Gone, TimeSpan Oldest)
{
    /// <summary>These, and one more.</summary>
    public VerifierCounts With(KnownVerifier known, DateTimeOffset now)
    {
        var age = now - known.Seen;
        return known.StateAt(now) switch
        {
            VerifierStates.Live => this with { Live = Live + 1, Oldest = Longer(age) },
            VerifierStates.Late => this with { Late = Late + 1, Oldest = Longer(age) },
            _ => this with { Gone = Gone + 1 },
        };
    }

    private TimeSpan Longer(TimeSpan age) => age > Oldest ? age : Oldest;
}

/// <summary>What a verifier is called by when an answer last left for it.</summary>
internal static class VerifierStates
{
    /// <summary>Within its bound.</summary>
    public const string Live = "live";

    /// <summary>Past its bound, so that it refuses by itself, and not yet given up.</summary>
    public const string Late = "late";

    /// <summary>Silent for longer than that.</summary>
    public const string Gone = "gone";
}
