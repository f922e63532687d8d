namespace Rescind;

/// <summary>
/// One act of taking back: a match, an effect, why, who, when, and until when it must be remembered. The Authority keeps acts;
/// verifiers see only the <see cref="RevocationState"/> that they amount to. Immutable.
/// </summary>
public sealed record Revocation
{
    /// <summary>Where the log holds it; <see cref="LogPosition.ToRevocationId"/> is its id.</summary>
    public required LogPosition Position { get; init; }

    /// <summary>When, in seconds since the Unix epoch.</summary>
    public required long At { get; init; }

    /// <summary>The issuer that the match is under, in its exact spelling (T-23).</summary>
    public required string Issuer { get; init; }

    /// <summary>What it names.</summary>
    public required Match Match { get; init; }

    /// <summary>What it does.</summary>
    public required Effect Effect { get; init; }

    /// <summary>The second of its slot: the cutoff (<c>before</c>), or for a block the moment it ends (<c>until</c>).</summary>
    public required long Second { get; init; }

    /// <summary>Why, in the words of whoever did it; 1 to 500 characters.</summary>
    public required string Reason { get; init; }

    /// <summary>Who: <c>client:&lt;id&gt;</c> or <c>subject:&lt;sub&gt;</c>.</summary>
    public required string Actor { get; init; }

    /// <summary>Seconds since the Unix epoch; <see cref="RevocationState.Never"/> where it is never forgotten.</summary>
    public required long RememberUntil { get; init; }

    /// <summary>
    /// Whether the log carries it as one entry for each session that it selected, all with this act as their cause. So
    /// it is at our own issuer where it spares sessions: with exceptions, or with a cutoff in the past; and while it is
    /// spread. What it spares never reaches a verifier.
    /// </summary>
    public bool BySession { get; init; }

    /// <summary>The sessions that it spares, by their <c>sid</c>.</summary>
    public IReadOnlyList<string> Except { get; init; } = [];

    /// <summary>How many living sessions it hit when it was done; null where nobody counted.</summary>
    public long? Sessions { get; init; }

    /// <summary>
    /// Over how many seconds its renewals are spread; 0 for all at once. Until they are over it has reached one part of
    /// the tokens after another, and not yet all.
    /// </summary>
    public long Spread { get; init; }

    /// <summary>The position of the lift that took it back, if any.</summary>
    public LogPosition? LiftedBy { get; init; }
}
