using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>The act that a draft becomes, what its match amounts to then, and its line of the audit trail.</summary>
internal static class Appending
{
    /// <summary>Adds an act to <paramref name="changes"/> and goes on with it.</summary>
    /// <param name="changes">What is written.</param>
    /// <param name="draft">What the caller wants.</param>
    /// <param name="subject">Whose session it names, for the audit trail.</param>
    /// <param name="next">What comes after it.</param>
    public static Step<T> Ask<T>(ChangeList changes, RevocationDraft draft, string? subject, Func<Revocation, Step<T>> next) =>
        Ask(changes, draft, new Hit([], subject, null), next);

    /// <summary>
    /// The same for an act that may spare sessions: one entry for each selected session that may hold tokens, and one
    /// of its own, all with the act as their cause. Its own is the last, so whoever has applied its position has
    /// applied them all.
    /// </summary>
    public static Step<T> Ask<T>(ChangeList changes, RevocationDraft draft, Hit hit, Func<Revocation, Step<T>> next) =>
        Steps.Ask(new IssuerOf(draft.Issuer), issuer =>
        {
            var own = changes.Present.IsOwn(draft.Issuer);
            List<(string Id, LogPosition Position)> named =
                [.. hit.Selected.Where(static session => session.MayHoldTokens)
                    .Select(session => (session.Id, changes.NextEntry()))];
            var act = ActOf(changes, draft, issuer) with { Sessions = hit.Sessions };
            if (!draft.IsUnrecorded)
            {
                Record(changes, act, hit.Selected);
            }

            return Steps.AskEach(
                named,
                session => new StateOf(act.Issuer, Match.Session(session.Id)),
                (session, state) => changes.Append(session.Position, act.Issuer, Match.Session(session.Id), state.Add(act, own)),
                () => Steps.Ask(new StateOf(act.Issuer, act.Match), state =>
                {
                    changes.Append(act.Position, act.Issuer, act.Match, act.BySession ? state : state.Add(act, own));
                    if (!draft.IsUnrecorded)
                    {
                        changes.Note(act.Position, "revoked", draft.Audit, About(changes.Present, act, hit.Subject));
                    }

                    return next(act);
                }));
        });

    /// <summary>What the audit trail says of an act.</summary>
    public static AuditSubject About(Present present, Revocation act, string? subject) => new(
        act.Issuer,
        act.Match,
        act.Effect,
        act.Reason,
        subject ?? (present.IsOwn(act.Issuer) && act.Match.Kind is MatchKind.Subject ? act.Match.Value : null),
        present.IsOwn(act.Issuer) && act.Match.Kind is MatchKind.Session ? act.Match.Value : null);

    // Under a clock that is behind, what goes by seconds reaches as far as the newest thing that is known to have happened.
    private static Revocation ActOf(ChangeList changes, RevocationDraft draft, IssuerRecord? issuer)
    {
        var (position, present) = (changes.NextEntry(), changes.Present);
        var reaching = present.Newest > present.Second ? draft with { Second = draft.Second ?? present.Newest } : draft;
        return Acts.Of(reaching, new(position, present.Second, present.Minted), issuer, present.IsOwn(draft.Issuer));
    }

    private static void Record(ChangeList changes, Revocation act, IReadOnlyList<SelectedSession> selected)
    {
        changes.Add(new AddAct(act));
        foreach (var session in selected)
        {
            changes.Add(new SelectSession(act.Position, act.Effect, session.Id));
        }

        if (act.Spread > 0)
        {
            changes.Add(new BeginSpread(act.Position));
        }
    }

    /// <summary>What is known of the sessions that an act hits.</summary>
    /// <param name="Selected">Those that it selects one by one, if it spares others.</param>
    /// <param name="Subject">Whose session it names.</param>
    /// <param name="Sessions">How many living ones it hits; null if nobody counted.</param>
    internal sealed record Hit(IReadOnlyList<SelectedSession> Selected, string? Subject, long? Sessions);
}
