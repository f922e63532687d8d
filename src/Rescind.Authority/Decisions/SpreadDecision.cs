using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// One step of a renewal that is spread over time. At our own issuer it reaches one session after another, as an act
/// that spares sessions does, and at the end its whole match. At another issuer, whose sessions nobody here knows, its
/// cutoff advances from what has expired anyway to the moment of the act: the oldest tokens go first. The outcome is
/// the spread as it is then if more may be due already.
/// </summary>
/// <param name="spread">As it was read.</param>
/// <param name="due">The sessions to be reached.</param>
internal sealed class SpreadDecision(OpenSpread spread, SoughtSessions due) : Decision<OpenSpread?>
{
    /// <summary>The most sessions that are reached in one transaction.</summary>
    public const int MostAtOnce = 500;

    public override Step<OpenSpread?> Begin(Present present) => Steps.Ask(new SpreadOf(spread.Act.Position), current =>
    {
        // A lift may have come since it was read.
        if (current is null || current.After != spread.After || current.Act.LiftedBy != spread.Act.LiftedBy)
        {
            return Steps.Done<OpenSpread?>(null);
        }

        var changes = new ChangeList(present);
        var act = current.Act;
        return act.LiftedBy is not null ? AskGivenBack(changes, current)
            : present.Second >= act.At + act.Spread ? Move(changes.Add(new EndSpread(act.Position)), act, act.At)
            : present.IsOwn(act.Issuer) ? Reach(changes, current)
            : AskCutoff(changes, act);
    });

    // A session that has refreshed since has nothing to renew; what it may still hold from before is reached at the end.
    private Step<OpenSpread?> Reach(ChangeList changes, OpenSpread current)
    {
        if (due.To == current.After)
        {
            return Steps.Done<OpenSpread?>(null);
        }

        var act = current.Act;
        var next = current with { After = due.To, Scanned = current.Scanned + due.Sessions.Count };
        changes.Add(new AdvanceSpread(act.Position, next.After, next.Scanned));
        return Steps.AskEach(
            [.. due.Sessions.Where(session => session.LastRefreshedAt <= act.At)
                .Select(static session => Match.Session(session.Id))],
            session => new StateOf(act.Issuer, session),
            (session, state) => changes
                .Add(new SelectSession(act.Position, act.Effect, session.Value!))
                .Append(changes.NextEntry(), act.Issuer, session, state.Add(act, ownIssuer: true)),
            () => Steps.Done(due.IsMore ? next : null, changes.Build()));
    }

    private static Step<OpenSpread?> AskCutoff(ChangeList changes, Revocation act) =>
        Steps.Ask(new IssuerOf(act.Issuer), issuer =>
            SpreadPace.CutoffAt(changes.Present.Second, act, issuer) is var cutoff && cutoff > act.Second
                ? Move(changes, act, cutoff)
                : Steps.Done<OpenSpread?>(null));

    // From the first move on, its own match carries it; at our own issuer the only one is the last.
    private static Step<OpenSpread?> Move(ChangeList changes, Revocation act, long cutoff) =>
        Steps.Ask(new StateOf(act.Issuer, act.Match), state =>
        {
            var moved = act with { BySession = false, Second = cutoff };
            changes.Add(new MoveCutoff(moved))
                .Append(changes.NextEntry(), act.Issuer, act.Match, state.Add(moved, changes.Present.IsOwn(act.Issuer)));
            return Steps.Done<OpenSpread?>(null, changes.Build());
        });

    // What a lift began: until nothing is left.
    private static Step<OpenSpread?> AskGivenBack(ChangeList changes, OpenSpread current) =>
        Steps.Ask(new SelectedBy(current.Act.Position, GivingBack.MostAtOnce + 1), selected =>
            GivingBack.Ask(changes, current.Act, [.. selected.Take(GivingBack.MostAtOnce)], () =>
                selected.Count > GivingBack.MostAtOnce
                    ? Steps.Done<OpenSpread?>(current, changes.Build())
                    : Steps.Done<OpenSpread?>(null, changes.Add(new EndSpread(current.Act.Position)).Build())));
}
