using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// What an actor's own ends did already: whoever repeats it is answered from them, and nothing is written. An act of
/// somebody else never counts, because it may be lifted or run out.
/// </summary>
internal static class OwnEnds
{
    /// <summary>
    /// Goes on with the act that answers a draft which is to be recorded once: the one that stands, or one that spares
    /// the same sessions and has ended every session that the draft selects. With null if there is something to record.
    /// </summary>
    public static Step<T> AskAnswer<T>(Present present, RevocationDraft draft, Func<Revocation?, Step<T>> next) =>
        AskStanding(present, draft, standing =>
            standing is null && draft is { Once: true, Effect: Effect.End } && present.IsOwn(draft.Issuer)
            && Acts.Of(draft, ActTime.Thought(present.Second), null, own: true) is { BySession: true, Spread: 0 } act
                ? AskSparing(present, act, next)
                : next(standing));

    /// <summary>
    /// Goes on with the act that ends exactly the match of such a draft without a condition; with null if there is none.
    /// </summary>
    public static Step<T> AskStanding<T>(Present present, RevocationDraft draft, Func<Revocation?, Step<T>> next)
    {
        return MayStand(draft) ? Steps.Ask(new NewestOwnEnd(draft.Issuer, draft.Match, draft.Audit.Actor), Look) : next(null);

        Step<T> Look(Revocation? end) => end is null
            ? next(null)
            : Steps.Ask(
                new IssuerOf(draft.Issuer), issuer => next(Stands(end, draft, issuer, present.IsOwn(draft.Issuer)) ? end : null));
    }

    private static bool MayStand(RevocationDraft draft) =>
        draft is { Once: true, Effect: Effect.End, Keys.Count: 0 } && draft.Match.EndsUnconditionally;

    // Whether it is remembered for as long as what the draft names can be used.
    private static bool Stands(Revocation end, RevocationDraft draft, IssuerRecord? issuer, bool own) =>
        Acts.Of(draft, new(end.Position, end.At), issuer, own).RememberUntil <= end.RememberUntil;

    private static Step<T> AskSparing<T>(Present present, Revocation act, Func<Revocation?, Step<T>> next)
    {
        return Steps.Ask(new OwnSparingEnds(act.Issuer, act.Match, act.Actor), ends =>
            ends.FirstOrDefault(end => SparesTheSame(end, act)) is { } end
                ? Selecting.Ask(present, act, selected => selected is null ? next(null) : HasAll(end, selected, 0))
                : next(null));

        Step<T> HasAll(Revocation end, IReadOnlyList<SelectedSession> selected, int index) => index == selected.Count
            ? next(end)
            : Steps.Ask(
                new HasSelected(end.Position, end.Effect, selected[index].Id),
                has => has ? HasAll(end, selected, index + 1) : next(null));
    }

    private static bool SparesTheSame(Revocation end, Revocation act) =>
        end.Except.ToHashSet(StringComparer.Ordinal).SetEquals(act.Except)
        && (act.Second < act.At ? end.Second == act.Second : end.Second == end.At);
}
