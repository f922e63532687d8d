namespace Rescind;

/// <summary>
/// All that holds for one match: four slots and the date until which it must be remembered. The log is the changelog of a map
/// from match to this. Immutable. An empty state is the tombstone that a lift leaves.
/// </summary>
/// <param name="End">The slot of <see cref="Effect.End"/>.</param>
/// <param name="Renew">The slot of <see cref="Effect.Renew"/>.</param>
/// <param name="Reauthenticate">The slot of <see cref="Effect.Reauthenticate"/>.</param>
/// <param name="Block">The slot of <see cref="Effect.Block"/>.</param>
/// <param name="RememberUntil">Seconds since the Unix epoch; <see cref="Never"/> where it is never forgotten.</param>
public sealed record RevocationState(Slot End, Slot Renew, Slot Reauthenticate, Slot Block, long RememberUntil)
{
    /// <summary>The date of what is never forgotten: 2^53 - 1.</summary>
    public const long Never = LogPosition.MaxValue;

    /// <summary>Whether nothing is revoked: a tombstone.</summary>
    public bool IsEmpty => End.IsEmpty && Renew.IsEmpty && Reauthenticate.IsEmpty && Block.IsEmpty;

    /// <summary>
    /// The state that <paramref name="acts"/> on one match amount to, in whatever order they come; lifted ones count for the
    /// date alone, so a lift recomputes the slots and keeps the old <c>remember_until</c>.
    /// </summary>
    /// <param name="acts">Every act on the match.</param>
    /// <param name="ownIssuer">Whether the match is under the Authority's own issuer.</param>
    public static RevocationState Of(IEnumerable<Revocation> acts, bool ownIssuer)
    {
        ArgumentNullException.ThrowIfNull(acts);
        return acts.Aggregate(
            new RevocationState(default, default, default, default, 0), (state, act) => state.Add(act, ownIssuer));
    }

    /// <summary>The state with one act more: as if it had been among those that <see cref="Of"/> made this state of.</summary>
    /// <param name="act">The act, on the same match.</param>
    /// <param name="ownIssuer">Whether the match is under the Authority's own issuer.</param>
    public RevocationState Add(Revocation act, bool ownIssuer)
    {
        ArgumentNullException.ThrowIfNull(act);
        var state = this with { RememberUntil = Math.Max(RememberUntil, act.RememberUntil) };
        return act.LiftedBy is null ? state.With(act.Effect, new(act.Position, act.Second), ownIssuer) : state;
    }

    private RevocationState With(Effect effect, Slot slot, bool ownIssuer) => effect switch
    {
        Effect.End => this with { End = Slot.Merge(End, slot, byAct: ownIssuer) },
        Effect.Renew => this with { Renew = Slot.Merge(Renew, slot, byAct: ownIssuer) },
        Effect.Reauthenticate => this with { Reauthenticate = Slot.Merge(Reauthenticate, slot, byAct: false) },
        Effect.Block => this with { Block = Slot.Merge(Block, slot, byAct: false) },
        _ => throw new ArgumentOutOfRangeException(nameof(effect)),
    };
}
