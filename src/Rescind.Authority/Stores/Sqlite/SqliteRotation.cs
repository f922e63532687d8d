using Rescind.Authority.Decisions;
using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>One refresh: judge the session, then compare and swap its generation (RT-10, RT-11, G4).</summary>
internal static class SqliteRotation
{
    public static RotationOutcome Rotate(SqliteLog log, RotationAttempt attempt)
    {
        log.RequireBelievedClock();

        // First of all: a revocation that comes after this read has a position above it, and kills what is minted here.
        var head = log.Head.Position;
        if (SessionRows.Find(log.Link, attempt.SessionId) is not { } row || !Owns(attempt, row.Session))
        {
            return new(RotationResult.Refused, null, head, default);
        }

        // What has expired lives no more, whatever is lifted: there is nothing to record.
        var session = SqliteActs.Judged(log, row.Session);
        var refusal = Refusal(session, log.Second, head);
        return refusal is not null && session.IsExpiredAt(log.Second) ? refusal
            : attempt.Generation > session.Generation ? FromTheFuture(log, attempt, session, head)
            : !session.Answers(attempt.Generation, attempt.RetryWindow, log.Now) ? Reuse(log, attempt, session, head)
            : refusal is not null ? refusal
            : attempt.Generation == session.Generation ? new(RotationResult.Rotated, Swap(log, row, attempt), head, default)
            : new(RotationResult.Repeated, Repeat(log, row), head, default);
    }

    private static bool Owns(RotationAttempt attempt, Session session) =>
        attempt.Generation > 0 && string.Equals(attempt.ClientId, session.ClientId, StringComparison.Ordinal) && attempt.IsGenuine(session);

    private static RotationOutcome? Refusal(Session session, long now, LogPosition head) => session.StateAt(now) switch
    {
        SessionState.Active => null,
        SessionState.Ended => new(RotationResult.Ended, session, head, session.EndedBy!.Value),
        SessionState.Blocked => new(RotationResult.Blocked, session, head, session.BlockedBy!.Value),
        _ => new(RotationResult.Expired, session, head, default),
    };

    private static Session Swap(SqliteLog log, SessionRow row, RotationAttempt attempt)
    {
        var session = row.Session;
        var now = log.Second;
        var next = session with
        {
            Generation = checked(session.Generation + 1),
            LastRefreshedAt = now,
            IdleExpiresAt = Math.Min(session.ExpiresAt, now + (long)attempt.IdleLifetime.TotalSeconds),
            RetriesInARow = row.RepeatedGeneration == session.Generation ? session.RetriesInARow : 0,
        };
        var swapped = log.Link.Prepare(
            "update sessions set generation = ?1, last_refreshed_at = ?2, idle_expires_at = ?3 where number = ?4 and generation = ?5")
            .Bind(next.Generation).Bind(next.LastRefreshedAt).Bind(next.IdleExpiresAt).Bind(row.Number).Bind(session.Generation).Run();
        return swapped == 1 ? next : throw new InvalidOperationException("The generation moved inside its own transaction.");
    }

    // The same answer as before: nothing moves, only the first repetition of a generation is counted.
    private static Session Repeat(SqliteLog log, SessionRow row)
    {
        var session = row.Session;
        if (row.RepeatedGeneration == session.Generation)
        {
            return session;
        }

        var counted = session with { RetriesInARow = session.RetriesInARow + 1 };
        log.Link.Prepare("update sessions set repeated_generation = ?1, retries = ?2 where number = ?3")
            .Bind(session.Generation).Bind(counted.RetriesInARow).Bind(row.Number).Run();
        return counted;
    }

    // What has ended or blocked the session may be lifted or run out, so reuse is recorded all the same: once, not for every time that it comes.
    private static RotationOutcome Reuse(SqliteLog log, RotationAttempt attempt, Session session, LogPosition head)
    {
        var ended = attempt.ReusePolicy is ReusePolicy.EndSubject ? Match.Subject(session.Subject) : Match.Session(session.Id);
        if (Refusal(session, log.Second, head) is { } refusal
            && (attempt.ReusePolicy is ReusePolicy.Refuse || IsRecorded(log, attempt, session, ended)))
        {
            return refusal;
        }

        AuditRace(log, "refresh.reused", attempt, session);
        const string reason = "refresh token reused";
        var act = attempt.ReusePolicy switch
        {
            ReusePolicy.Refuse => null,
            ReusePolicy.EndSubject => EndSubject(log, session, reason, attempt.Origin),
            _ => SqliteSessions.End(log, session, reason, attempt.Origin),
        };
        return new(RotationResult.Reused, session with { EndedBy = act?.Position }, head, act?.Position ?? default);
    }

    private static RotationOutcome FromTheFuture(SqliteLog log, RotationAttempt attempt, Session session, LogPosition head)
    {
        if (Refusal(session, log.Second, head) is { } refusal && IsRecorded(log, attempt, session, Match.Session(session.Id)))
        {
            return refusal;
        }

        AuditRace(log, "refresh.ahead", attempt, session);
        var act = SqliteSessions.End(log, session, "refresh token from a later state of the store", attempt.Origin);
        return new(RotationResult.FromTheFuture, session with { EndedBy = act.Position }, head, act.Position);
    }

    private static bool IsRecorded(SqliteLog log, RotationAttempt attempt, Session session, Match ended) =>
        SqliteActs.FindOwnEnd(log.Link, log.Options.Issuer, ended, attempt.Origin.Actor) is { } end && end.Position > session.Started;

    private static void AuditRace(SqliteLog log, string action, RotationAttempt attempt, Session session) =>
        log.Audit(log.NextPosition(), action, attempt.Origin, RefreshRace.About(attempt, session, log.Options.Issuer));

    private static Revocation EndSubject(SqliteLog log, Session session, string reason, Origin origin) => SqliteActs.Append(
        log, new() { Issuer = log.Options.Issuer, Match = Match.Subject(session.Subject), Effect = Effect.End, Reason = reason, Origin = origin });
}
