using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// One change of a session: judge it as it is and as it would be, then write the row and the <c>renew</c> that the
/// change implies.
/// </summary>
internal sealed class ChangeDecision(SessionChange change) : Decision<ChangeOutcome>
{
    // What is not in force yet: no act that stands can end it.
    private static readonly LogPosition NotInForce = new(LogPosition.MaxValue);

    public override Step<ChangeOutcome> Begin(Present present) => Steps.Ask(new SessionById(change.SessionId), row => row is null
        ? Refused(ChangeResult.Unknown)
        : IfActive(present, row.Session, () => Allowed(present, row, Changed(row.Session))));

    private Session Changed(Session session) => session with
    {
        Claims = change.Claims ?? session.Claims,
        ClaimsSince = change.Claims is null ? session.ClaimsSince : NotInForce,
        Tags = change.Tags is null ? session.Tags : [.. change.Tags.Select(tag => TagOf(tag, session))],
        Device = change.Device is null ? session.Device : OrNothing(change.Device),
    };

    // A device of which nothing is said is none.
    private static SessionDevice? OrNothing(SessionDevice device) =>
        device is { Name: null, UserAgent: null, Address: null } ? null : device;

    // What an unchanged tag had is kept.
    private static SessionTag TagOf(KeyValuePair<string, string> tag, Session session) =>
        session.Tags.FirstOrDefault(known => known.Name == tag.Key && known.Value == tag.Value)
        ?? new(tag.Key, tag.Value, NotInForce);

    private Step<ChangeOutcome> Allowed(Present present, SessionRow row, Session changed) =>
        change.Allows(changed) && changed.Tags.Count <= Session.MaxTags
            ? IfActive(present, changed, () => Write(present, row, changed))
            : Refused(ChangeResult.NotAllowed);

    private static Step<ChangeOutcome> IfActive(Present present, Session session, Func<Step<ChangeOutcome>> next) =>
        SessionJudgement.Ask(present, session, judged => judged.StateAt(present.Second) switch
        {
            SessionState.Active => next(),
            SessionState.Ended => Refused(ChangeResult.Ended, judged.EndedBy!.Value),
            SessionState.Blocked => Refused(ChangeResult.Blocked, judged.BlockedBy!.Value),
            _ => Refused(ChangeResult.Expired),
        });

    private Step<ChangeOutcome> Write(Present present, SessionRow row, Session changed)
    {
        var changes = new ChangeList(present).If(new SessionIs(row));
        return change.IsInTokens
            ? Appending.Ask(
                changes, Renewal(present, changed), changed.Subject, act => Written(changes, row, changed, act.Position))
            : Written(changes, row, changed, default);
    }

    private RevocationDraft Renewal(Present present, Session session) => new()
    {
        Issuer = present.Issuer, Match = Match.Session(session.Id), Effect = Effect.Renew, Reason = "the session was changed",
        Audit = change.Audit,
    };

    private Step<ChangeOutcome> Written(ChangeList changes, SessionRow row, Session changed, LogPosition act)
    {
        var written = changed with
        {
            ClaimsSince = changed.ClaimsSince == NotInForce ? act : changed.ClaimsSince,
            Tags = [.. changed.Tags.Select(tag => tag.Since == NotInForce ? tag with { Since = act } : tag)],
        };
        changes.Add(new ChangeSession(row.Number, written)).Note("session.changed", change.Audit, new(
            changes.Present.Issuer, Match.Session(written.Id), Reason: Names(), Subject: written.Subject, SessionId: written.Id));
        return Steps.Done(new ChangeOutcome(ChangeResult.Changed, written, act), changes.Build());
    }

    private static Step<ChangeOutcome> Refused(ChangeResult result, LogPosition by = default) =>
        Steps.Done(new ChangeOutcome(result, null, by));

    // What was changed, never to what.
    private string Names() => string.Join(", ", new[]
    {
        change.Claims is null ? null : "claims", change.Tags is null ? null : "tags", change.Device is null ? null : "device",
    }.OfType<string>());
}
