namespace Rescind.Authority.Revocations;

/// <summary>What is to be taken back, and why. Immutable.</summary>
public sealed record RevocationRequest
{
    /// <summary>What it names.</summary>
    public required Match Match { get; init; }

    /// <summary>What it does. Default: <see cref="Effect.End"/>.</summary>
    public Effect Effect { get; init; } = Effect.End;

    /// <summary>The issuer that the match is under, in its exact spelling. Default, null: this Authority's own.</summary>
    public string? Issuer { get; init; }

    /// <summary>
    /// The cutoff: what is from before it is hit. For a subject, client, tag or issuer; at most 5 s in the future.
    /// Default, null: now, and exact at our own issuer. Parts of a second count as the whole.
    /// </summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>When a <see cref="Effect.Block"/> ends; required there, and nowhere else.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>
    /// Sessions to be spared, by their <c>sid</c>: for <c>end</c> and <c>renew</c> of a subject at our own issuer; at most 100.
    /// </summary>
    public IReadOnlyList<string> Except { get; init; } = [];

    /// <summary>
    /// Over how long the clients that a broad <see cref="Effect.Renew"/> sends for a new token are spread, in whole
    /// seconds: at least one, at most the longest life of the issuer's tokens, after which none is left to renew. For a
    /// client, a tag or an issuer, without <see cref="Before"/>. Default, null: not at all.
    /// </summary>
    public TimeSpan? Spread { get; init; }

    /// <summary>Why, for the audit trail: 1 to 500 characters.</summary>
    public required string Reason { get; init; }

    /// <summary>How long to wait until every live verifier has applied it. Default, null: not at all.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>Whether it is recorded although the actor's own end of exactly this match stands.</summary>
    internal bool IsAlwaysRecorded { get; init; }

    /// <summary><c>exp</c> of the named token, where it was seen whole.</summary>
    internal long? TokenExpires { get; init; }

    /// <summary>The second of its slot, as retention and verifiers see it; null for now.</summary>
    internal long? Second => (Effect is Effect.Block ? Until : Before) is { } instant ? Ceiling(instant) : null;

    // Up: whatever happened in that second is from before it, too.
    private static long Ceiling(DateTimeOffset instant)
    {
        var seconds = instant.ToUnixTimeSeconds();
        return instant.Ticks % TimeSpan.TicksPerSecond == 0 ? seconds : seconds + 1;
    }
}
