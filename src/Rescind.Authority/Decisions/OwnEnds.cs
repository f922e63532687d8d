using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// What an actor's own end did already: whoever repeats it is answered from that, and nothing is written. An act of somebody else never counts,
/// because it may be lifted or run out.
/// </summary>
internal static class OwnEnds
{
    /// <summary>Goes on with the act that answers a draft which is to be recorded once; with null if there is something to record.</summary>
    public static Step<T> AskStanding<T>(Present present, RevocationDraft draft, Func<Revocation?, Step<T>> next)
    {
        return MayStand(draft) ? Steps.Ask(new NewestOwnEnd(draft.Issuer, draft.Match, draft.Audit.Actor), Look) : next(null);

        Step<T> Look(Revocation? end) => end is null
            ? next(null)
            : Steps.Ask(
                new IssuerOf(draft.Issuer), issuer => next(Stands(end, draft, issuer, present.IsOwn(draft.Issuer)) ? end : null));
    }

    /// <summary>
    /// Whether an earlier act can be the answer to a draft: if it is to be recorded once, and ends exactly its match without a condition.
    /// </summary>
    public static bool MayStand(RevocationDraft draft) =>
        draft is { Once: true, Effect: Effect.End, Keys.Count: 0 } && draft.Match.EndsUnconditionally;

    /// <summary>Whether an end of the actor's own is remembered for as long as what the draft names can be used.</summary>
    public static bool Stands(Revocation end, RevocationDraft draft, IssuerRecord? issuer, bool own) =>
        Acts.Of(draft, end.Position, end.At, issuer, own).RememberUntil <= end.RememberUntil;
}
