using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// One refresh: judge the session, then move its generation on if its row is as it was read (RFC 6749 section 6; RT-10,
/// RT-11, G4).
/// </summary>
internal sealed class RotateDecision(RotationAttempt attempt) : Decision<RotationOutcome>
{
    public override Step<RotationOutcome> Begin(Present present)
    {
        present.RequireBelievedClock();

        // The head was read before the session: a revocation that comes later has a position above it, and kills what
        // is minted here.
        return Steps.Ask(new SessionById(attempt.SessionId), row => row is not null && IsOfCaller(row.Session)
            ? SessionJudgement.Ask(present, row.Session, session => Decide(present, row, session))
            : Steps.Done(new RotationOutcome(RotationResult.Refused, null, present.Head.Position, default)));
    }

    private bool IsOfCaller(Session session) =>
        attempt.Generation > 0 && string.Equals(attempt.ClientId, session.ClientId, StringComparison.Ordinal);

    private Step<RotationOutcome> Decide(Present present, SessionRow row, Session session)
    {
        // What has expired lives no more, whatever is lifted: there is nothing to record.
        var refusal = Refusal(present, session);
        return refusal is not null && session.IsExpiredAt(present.Second) ? Steps.Done(refusal)
            : attempt.Generation > session.Generation ? FromTheFuture(new(present, row, session, refusal))
            : !session.Answers(attempt.Generation, attempt.RetryWindow, present.Now) ? Reuse(new(present, row, session, refusal))
            : refusal is not null ? Steps.Done(refusal)
            : attempt.Generation == session.Generation ? Rotate(present, row)
            : Repeat(present, row);
    }

    private static RotationOutcome? Refusal(Present present, Session session) => session.StateAt(present.Second) switch
    {
        SessionState.Active => null,
        SessionState.Ended => new(RotationResult.Ended, session, present.Head.Position, session.EndedBy!.Value),
        SessionState.Blocked => new(RotationResult.Blocked, session, present.Head.Position, session.BlockedBy!.Value),
        _ => new(RotationResult.Expired, session, present.Head.Position, default),
    };

    private Step<RotationOutcome> Rotate(Present present, SessionRow row)
    {
        var session = row.Session;
        var next = session with
        {
            Generation = checked(session.Generation + 1),
            LastRefreshedAt = present.Second,
            IdleExpiresAt = Math.Min(session.ExpiresAt, present.Second + (long)attempt.IdleLifetime.TotalSeconds),
            RetriesInARow = row.RepeatedGeneration == session.Generation ? session.RetriesInARow : 0,
        };
        return Steps.Done(
            new RotationOutcome(RotationResult.Rotated, next, present.Head.Position, default) { Registry = present.Registry },
            Changing(row, new RotateSession(
                row.Number, session.Generation, next.Generation, next.LastRefreshedAt, next.IdleExpiresAt)) with
            {
                Minted = present.Second,
            });
    }

    // The same answer as before, with an access token of now: nothing moves, only the first repetition of a generation is
    // counted.
    private static Step<RotationOutcome> Repeat(Present present, SessionRow row)
    {
        var session = row.Session;
        if (row.RepeatedGeneration == session.Generation)
        {
            return Steps.Done(
                new RotationOutcome(RotationResult.Repeated, session, present.Head.Position, default)
                {
                    Registry = present.Registry,
                },
                Changes.None with { Minted = present.Second });
        }

        var counted = session with { RetriesInARow = session.RetriesInARow + 1 };
        return Steps.Done(
            new RotationOutcome(RotationResult.Repeated, counted, present.Head.Position, default) { Registry = present.Registry },
            Changing(row, new RepeatSession(row.Number, session.Generation, counted.RetriesInARow)) with
            {
                Minted = present.Second,
            });
    }

    private static Changes Changing(SessionRow row, Change change) => new([change], [new SessionIs(row)], default);

    private Step<RotationOutcome> Reuse(Found found)
    {
        const string action = "refresh.reused";
        const string reason = "refresh token reused";
        return attempt.ReusePolicy switch
        {
            ReusePolicy.Refuse => found.Refusal is { } refusal ? Steps.Done(refusal)
                : Recorded(RotationResult.Reused, found, Noted(found, action), null),
            ReusePolicy.EndSubject => RecordOnce(found, Match.Subject(found.Session.Subject), action, changes =>
                Appending.Ask(
                    changes, EndOfSubject(found, reason), subject: null,
                    act => Recorded(RotationResult.Reused, found, changes, act.Position))),
            _ => RecordOnce(found, Match.Session(found.Session.Id), action, changes =>
                Ending.Session(
                    changes, found.Session, reason, attempt.Audit, act => Recorded(RotationResult.Reused, found, changes, act))),
        };
    }

    private Step<RotationOutcome> FromTheFuture(Found found) =>
        RecordOnce(found, Match.Session(found.Session.Id), "refresh.ahead", changes =>
            Ending.Session(
                changes, found.Session, "refresh token from a later state of the store", attempt.Audit,
                act => Recorded(RotationResult.FromTheFuture, found, changes, act)));

    // What has ended or blocked the session may be lifted or run out, so reuse is recorded all the same: once, not for
    // every time that it comes.
    private Step<RotationOutcome> RecordOnce(
        Found found, Match ended, string action, Func<ChangeList, Step<RotationOutcome>> record) =>
        found.Refusal is not { } refusal
            ? record(Noted(found, action))
            : Steps.Ask(new NewestOwnEnd(found.Present.Issuer, ended, attempt.Audit.Actor), end =>
                end?.Position > found.Session.Started
                    ? Steps.Done(refusal)
                    : record(Noted(found, action)));

    private ChangeList Noted(Found found, string action) => new ChangeList(found.Present).If(new SessionIs(found.Row))
        .Note(action, attempt.Audit, RefreshRace.About(attempt, found.Session, found.Present.Issuer));

    private static Step<RotationOutcome> Recorded(RotationResult result, Found found, ChangeList changes, LogPosition? act) =>
        Steps.Done(
            new RotationOutcome(result, found.Session with { EndedBy = act }, found.Present.Head.Position, act ?? default),
            changes.Build());

    private RevocationDraft EndOfSubject(Found found, string reason) => new()
    {
        Issuer = found.Present.Issuer, Match = Match.Subject(found.Session.Subject), Effect = Effect.End, Reason = reason,
        Audit = attempt.Audit,
    };

    /// <summary>What is known of a session whose token was reused.</summary>
    /// <param name="Present">The store when the decision began.</param>
    /// <param name="Row">The session's row.</param>
    /// <param name="Session">The session, judged.</param>
    /// <param name="Refusal">What would be answered if the token were the current one; null if it would rotate.</param>
    private sealed record Found(Present Present, SessionRow Row, Session Session, RotationOutcome? Refusal);
}
