using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>A verifier in memory: what it last said, and when an answer last left for it.</summary>
internal sealed class KnownVerifier(StoredVerifier row, DateTimeOffset seen, long number)
{
    /// <summary>When it came: no two have the same.</summary>
    public long Number { get; } = number;

    public StoredVerifier Row { get; } = row;

    public DateTimeOffset Seen { get; private set; } = seen;

    /// <summary>What its saved row says; null if there is none.</summary>
    public SavedVerifier? Saved { get; set; }

    /// <summary>
    /// Whether its saved row stands for it, however old: after a start it counts as live for as long as it may accept.
    /// </summary>
    public bool IsCovered => Saved is { Vouches: true } saved && saved.Bound >= Bound;

    public TimeSpan Bound { get; } = TimeSpan.FromMilliseconds(row.BoundMilliseconds);

    /// <summary>Until when it may accept, if it takes no newer answer.</summary>
    public DateTimeOffset ProofEnds => Seen + Bound;

    /// <summary>The last instant at which it counts as live.</summary>
    public DateTimeOffset LiveUntil => ProofEnds + VerifierRegistry.Grace;

    public (string ClientId, string Instance) Key => (Row.ClientId, Row.Instance);

    /// <summary>As people read it in a receipt.</summary>
    public string Label => $"{Row.Name}/{Row.Instance}";

    /// <summary>Its row, dated by the wall clock.</summary>
    public StoredVerifier RowAt(DateTimeOffset seen) => Row with { SeenAt = seen.ToUnixTimeSeconds() };

    /// <summary>The same one, once it has applied this position.</summary>
    public KnownVerifier At(LogPosition position) => new(Row with { Position = position }, Seen, Number) { Saved = Saved };

    public bool IsLiveAt(DateTimeOffset now) => now <= LiveUntil;

    /// <summary>Moves <see cref="Seen"/>; only <see cref="ClientVerifiers"/>, which keeps them in its order.</summary>
    public void SeeAt(DateTimeOffset now) => Seen = now;

    public ListedVerifier ToListed(SteadyClock clock, LogPosition head)
    {
        var now = clock.Now;
        return new(Row, Bound, head > Row.Position, now - Seen, Seen + clock.SetBy, StateAt(now));
    }

    /// <summary>One of <see cref="VerifierStates"/>.</summary>
    public string StateAt(DateTimeOffset now) =>
        now <= ProofEnds ? VerifierStates.Live : IsLiveAt(now) ? VerifierStates.Late : VerifierStates.Gone;
}

/// <summary>What the saved row of a verifier says.</summary>
/// <param name="Seen">When an answer last left for it.</param>
/// <param name="Bound">For how long it may accept after that.</param>
/// <param name="Vouches">
/// Whether answers may leave by it: on a store that is shared, other nodes may not have known of it when the answer was made.
/// </param>
/// <param name="Since">From when on other nodes could know of it: an answer that was made before needs to be made anew.</param>
/// <param name="At">When it was saved: other nodes count on that a machine that was suspended since saves it again.</param>
internal readonly record struct SavedVerifier(
    DateTimeOffset Seen, TimeSpan Bound, bool Vouches, DateTimeOffset Since, Moment At);

/// <summary>A verifier as <c>/v1/verifiers</c> shows it.</summary>
internal sealed record ListedVerifier(
    StoredVerifier Row, TimeSpan Bound, bool IsBehind, TimeSpan Age, DateTimeOffset Seen, string State);

/// <summary>What a client has of the verifiers that are remembered.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Counted">How many of its instances are remembered.</param>
/// <param name="Share">How many may be.</param>
/// <param name="Uncounted">How many are live beyond that: served, and not counted.</param>
internal sealed record VerifierShare(string ClientId, int Counted, int Share, int Uncounted);
