using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// Takes an act back, and appends what each match that it touched amounts to without it: a tombstone, if that is
/// nothing. Of very many sessions that it selected some are given back at once: for the others a
/// <see cref="SpreadDecision"/> follows, and another, so that nobody waits long behind one.
/// </summary>
internal sealed class LiftDecision(LogPosition position, AuditContext audit) : Decision<LiftOutcome>
{
    public override Step<LiftOutcome> Begin(Present present) => Steps.Ask(new ActAt(position), act =>
        act is null ? Steps.Done(new LiftOutcome(LiftResult.Unknown, null, default))
        : act.LiftedBy is { } earlier ? Steps.Done(new LiftOutcome(LiftResult.AlreadyLifted, act, earlier))
        : Steps.Ask(
            new SelectedBy(act.Position, GivingBack.MostAtOnce + 1),
            selected => Lift(new(present), act, selected)));

    private Step<LiftOutcome> Lift(ChangeList changes, Revocation act, IReadOnlyList<SelectedSession> selected)
    {
        return GivingBack.Ask(changes, act, [.. selected.Take(GivingBack.MostAtOnce)], () =>
        {
            var lift = changes.NextEntry();
            changes.Add(new LiftAct(act.Position, lift));
            if (act.Spread > 0 || selected.Count > GivingBack.MostAtOnce)
            {
                changes.Add(new BeginSpread(act.Position));
            }

            return GivingBack.AskAnew(changes, lift, act, act.Match, () => AskReopened(changes, act with { LiftedBy = lift }));
        });
    }

    // What then stands on the row is the oldest act on the session that was not lifted. Whether acts on anything else
    // end it is for the judge.
    private Step<LiftOutcome> AskReopened(ChangeList changes, Revocation lifted)
    {
        return changes.Present.IsOwn(lifted.Issuer) && lifted is { Match.Kind: MatchKind.Session, Effect: Effect.End }
            ? Steps.Ask(new OldestEndOf(lifted.Match.Value!, lifted.Position), oldest =>
            {
                changes.Add(new ReopenSession(lifted.Match.Value!, lifted.Position, oldest));
                return Done();
            })
            : Done();

        Step<LiftOutcome> Done()
        {
            var lift = lifted.LiftedBy!.Value;
            changes.Note(lift, "lifted", audit, Appending.About(changes.Present, lifted, null));
            return Steps.Done(new LiftOutcome(LiftResult.Done, lifted, lift), changes.Build());
        }
    }
}
