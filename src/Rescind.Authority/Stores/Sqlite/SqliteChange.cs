using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>One change of a session: judge it as it is and as it would be, then write the row and the <c>renew</c> that the change implies.</summary>
internal static class SqliteChange
{
    // What is not in force yet: no act that stands can end it.
    private static readonly LogPosition NotInForce = new(LogPosition.MaxValue);

    public static ChangeOutcome Apply(SqliteLog log, SessionChange change)
    {
        if (SessionRows.Find(log.Link, change.SessionId) is not { } row)
        {
            return new(ChangeResult.Unknown, null, default);
        }

        var session = row.Session;
        var changed = session with
        {
            Claims = change.Claims ?? session.Claims,
            ClaimsSince = change.Claims is null ? session.ClaimsSince : NotInForce,
            Tags = change.Tags is null ? session.Tags : [.. change.Tags.Select(tag => TagOf(tag, session))],
            Device = change.Device ?? session.Device,
        };
        return Refusal(log, session)
            ?? (change.Allows(changed) && changed.Tags.Count <= SqliteActs.MaxTags
                ? Refusal(log, changed) ?? Write(log, row, changed, change)
                : new(ChangeResult.NotAllowed, null, default));
    }

    // What an unchanged tag had is kept.
    private static SessionTag TagOf(KeyValuePair<string, string> tag, Session session) =>
        session.Tags.FirstOrDefault(known => known.Name == tag.Key && known.Value == tag.Value)
        ?? new(tag.Key, tag.Value, NotInForce);

    private static ChangeOutcome? Refusal(SqliteLog log, Session session)
    {
        var judged = SqliteSessionActs.Judged(log, session);
        return judged.StateAt(log.Second) switch
        {
            SessionState.Active => null,
            SessionState.Ended => new(ChangeResult.Ended, null, judged.EndedBy!.Value),
            SessionState.Blocked => new(ChangeResult.Blocked, null, judged.BlockedBy!.Value),
            _ => new(ChangeResult.Expired, null, default),
        };
    }

    private static ChangeOutcome Write(SqliteLog log, SessionRow row, Session changed, SessionChange change)
    {
        var act = change.IsInTokens ? Renew(log, changed, change.Audit).Position : default;
        var written = changed with
        {
            ClaimsSince = changed.ClaimsSince == NotInForce ? act : changed.ClaimsSince,
            Tags = [.. changed.Tags.Select(tag => tag.Since == NotInForce ? tag with { Since = act } : tag)],
        };
        SessionRows.Change(log.Link, row.Number, written);
        log.Audit(log.NextPosition(), "session.changed", change.Audit, new(
            log.Options.Issuer, Match.Session(written.Id), Reason: Names(change), Subject: written.Subject, SessionId: written.Id));
        return new(ChangeResult.Changed, SessionRows.Find(log.Link, written.Id)!.Session, act);
    }

    private static Revocation Renew(SqliteLog log, Session session, AuditContext audit) => SqliteActs.Append(
        log,
        new()
        {
            Issuer = log.Options.Issuer, Match = Match.Session(session.Id), Effect = Effect.Renew,
            Reason = "the session was changed", Audit = audit,
        },
        session.Subject);

    // What was changed, never to what.
    private static string Names(SessionChange change) => string.Join(", ", new[]
    {
        change.Claims is null ? null : "claims", change.Tags is null ? null : "tags", change.Device is null ? null : "device",
    }.OfType<string>());
}
