using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// One act that a caller wants: answered from what was done under its key or by its actor's own ends, refused where
/// more was hit than confirmed or decided on an older registry, or recorded, with the keys and the client that change
/// and the answer that is kept.
/// </summary>
/// <param name="draft">What is wanted.</param>
/// <param name="counted">The sessions that it hits; null where nobody has to know.</param>
internal sealed class RevokeDecision(RevocationDraft draft, AffectedSessions? counted) : Decision<RevokeOutcome>
{
    private readonly AffectedSessions _affected = counted ?? AffectedSessions.Uncounted;

    /// <summary>
    /// How many may be hit where the caller expected <paramref name="confirmed"/>: sessions come and go meanwhile.
    /// </summary>
    public static long MostFor(long confirmed) => (long)Math.Min((1.2 * confirmed) + 10, LogPosition.MaxValue);

    public override Step<RevokeOutcome> Begin(Present present) => draft.Idempotency is { } key
        ? IdempotencyAnswers.Ask(present, key, () => AskConfirmed(present))
        : AskConfirmed(present);

    private Step<RevokeOutcome> AskConfirmed(Present present) =>
        draft.From is { } known && known != present.Registry ? Refused(RevokeResult.RegistryMoved)
        : counted is null || IsConfirmed(counted, present.IsOwn(draft.Issuer))
            ? OwnEnds.AskAnswer(present, draft, standing => standing is null
                ? AskSelected(present)
                : Answered(new(present), standing, RevokeResult.Repeated))
            : Refused(RevokeResult.NotConfirmed);

    // At another issuer nobody counts, and the name was enough.
    private bool IsConfirmed(AffectedSessions known, bool own) => draft.Confirm is { } confirmed
        ? known.Sessions <= MostFor(confirmed)
        : !own || !draft.IsConfirmedByName || known.Sessions is null;

    private Step<RevokeOutcome> AskSelected(Present present)
    {
        var act = Acts.Of(draft, ActTime.Thought(present.Second), null, present.IsOwn(draft.Issuer));
        return act is not { BySession: true, Spread: 0 } ? AskSession(present, [])
            : _affected.Sessions > Selecting.MostSelected ? Refused(RevokeResult.TooMany)
            : Selecting.Ask(present, act, selected => selected is null
                ? Refused(RevokeResult.TooMany)
                : AskSession(present, selected));
    }

    private Step<RevokeOutcome> AskSession(Present present, IReadOnlyList<SelectedSession> selected) =>
        present.IsOwn(draft.Issuer) && draft.Match.Kind is MatchKind.Session
            ? Steps.Ask(new SessionById(draft.Match.Value!, IsToEnd: true), row => Append(present, selected, row?.Session))
            : Append(present, selected, null);

    private Step<RevokeOutcome> Append(Present present, IReadOnlyList<SelectedSession> selected, Session? session)
    {
        var changes = new ChangeList(present);
        var hit = new Appending.Hit(selected, session?.Subject, present.IsOwn(draft.Issuer) ? _affected.Sessions : null);
        return Appending.Ask(changes, draft, hit, act => KeySaving.Ask(changes, draft.Keys, draft.Audit, () =>
        {
            if (session is not null && draft.Effect is Effect.End)
            {
                changes.Add(new EndSession(session.Id, act.Position, act.At));
            }

            if (draft.Client is { } client)
            {
                ClientSaving.Save(changes, client, draft.Audit);
            }

            return Answered(changes, act, RevokeResult.Appended);
        }));
    }

    private Step<RevokeOutcome> Answered(ChangeList changes, Revocation act, RevokeResult result) =>
        IdempotencyAnswers.Keep(
            changes, draft.Idempotency,
            new(result, act, _affected.Sessions, _affected.Known) { Registry = changes.Registry });

    private Step<RevokeOutcome> Refused(RevokeResult result) =>
        Steps.Done(new RevokeOutcome(result, null, _affected.Sessions, _affected.Known));
}
