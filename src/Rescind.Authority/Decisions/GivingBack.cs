using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>What the matches that an act touched amount to without it; their dates stay.</summary>
internal static class GivingBack
{
    /// <summary>
    /// The most sessions that are given back in one transaction: what holds for each is computed anew, and others wait
    /// for the writer.
    /// </summary>
    public const int MostAtOnce = 100;

    /// <summary>Takes sessions out of what the act has selected; those of which verifiers were told get an entry each.</summary>
    public static Step<T> Ask<T>(ChangeList changes, Revocation act, IReadOnlyList<SelectedSession> selected, Func<Step<T>> next)
    {
        foreach (var session in selected)
        {
            changes.Add(new UnselectSession(act.Position, act.Effect, session.Id));
        }

        var told = selected.Where(static session => session.MayHoldTokens).Select(static session => Match.Session(session.Id))
            .ToList();
        return From(0);

        Step<T> From(int index) => index == told.Count
            ? next()
            : AskAnew(changes, changes.NextEntry(), act, told[index], () => From(index + 1));
    }

    /// <summary>Appends what holds for one match at <paramref name="position"/> without the act.</summary>
    public static Step<T> AskAnew<T>(ChangeList changes, LogPosition position, Revocation act, Match match, Func<Step<T>> next) =>
        Steps.Ask(new ActsOn(act.Issuer, match, Without: act.Position), acts =>
            Steps.Ask(new StateOf(act.Issuer, match), before =>
            {
                var state = RevocationState.Of(acts, changes.Present.IsOwn(act.Issuer));
                changes.Append(
                    position, act.Issuer, match,
                    state with { RememberUntil = Math.Max(state.RememberUntil, before.RememberUntil) });
                return next();
            }));
}
