namespace Rescind.StoreContract;

/// <summary>
/// What a store must answer, written the naive way: every session and every act in a list, judged by looking at all of
/// them. Time only moves forward here, so the present second is never behind the log.
/// </summary>
internal sealed class StoreModel
{
    private readonly List<Revocation> _acts = [];

    // What the client was not told yet, known at the moment of the act: the sessions and what ended them.
    private readonly Dictionary<string, LogPosition> _logouts = new(StringComparer.Ordinal);

    public Dictionary<string, ModelSession> Sessions { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<Revocation> Acts => _acts;

    /// <summary>The client that is told which of its sessions ended.</summary>
    public const string Told = "app";

    /// <summary>The position of the newest log entry.</summary>
    public LogPosition Head { get; private set; }

    /// <summary>The act by which a start is refused; null if it is not.</summary>
    public LogPosition? BlockOf(Session session, long now) => Newest(
        _acts.Where(act => act.LiftedBy is null && act.Effect is Effect.Block && Touches(act.Match, session) && now < act.Second)
            .OrderBy(act => act.Second).ThenBy(act => act.Position).TakeLast(1));

    /// <summary>The act that ended a session, on its row or by rule; null while none did.</summary>
    public LogPosition? EndOf(ModelSession session) => session.EndedBy ?? Newest(_acts.Where(act => act.LiftedBy is null
        && act.Effect is Effect.End && Touches(act.Match, session.Row)
        && (act.Match.Kind is MatchKind.Session || act.Position > SinceOf(act.Match, session.Row))));

    /// <summary>What a change of the tenant comes to; it does not happen yet.</summary>
    public ChangeResult ExpectChange(ModelSession session, string tenant, long now) =>
        EndOf(session) is not null ? ChangeResult.Ended
        : BlockOf(session.Row, now) is not null ? ChangeResult.Blocked
        : session.Row.StateAt(now) is SessionState.Expired ? ChangeResult.Expired
        : BlockOf(session.Row with { Tags = [new("tenant", tenant, default)] }, now) is not null ? ChangeResult.Blocked
        : ChangeResult.Changed;

    /// <summary>What a refresh by an actor comes to; it does not happen yet.</summary>
    public RotationResult Expect(ModelSession session, uint generation, long now, string actor)
    {
        var refusal = EndOf(session) is not null ? RotationResult.Ended
            : BlockOf(session.Row, now) is not null ? RotationResult.Blocked
            : session.Row.StateAt(now) is SessionState.Expired ? RotationResult.Expired
            : RotationResult.None;
        var isRecorded = session.Row.StateAt(now) is SessionState.Expired
            || OwnEndOf(Match.Session(session.Row.Id), actor) is not null;
        return refusal is not RotationResult.None && isRecorded ? refusal
            : generation > session.Row.Generation ? RotationResult.FromTheFuture
            : generation + 1 < session.Row.Generation ? RotationResult.Reused
            : refusal is not RotationResult.None ? refusal
            : generation == session.Row.Generation ? RotationResult.Rotated
            : RotationResult.Repeated;
    }

    /// <summary>The newest act by which an actor ended exactly a session, a token or a key, of those not lifted.</summary>
    public Revocation? OwnEndOf(Match match, string actor) => _acts.LastOrDefault(act =>
        act.Match == match && match.EndsUnconditionally && act.Effect is Effect.End && act.Actor == actor
        && act.LiftedBy is null);

    public void Started(Session session) => Sessions.Add(session.Id, new(session));

    public void Appended(Revocation act)
    {
        MoveTo(act.Position);
        foreach (var living in Sessions.Values.Where(one => one.Row.ClientId == Told && Ends(act, one)))
        {
            _logouts[living.Row.Id] = act.Position;
        }

        _acts.Add(act);
        if (act is { Match.Kind: MatchKind.Session, Effect: Effect.End }
            && Sessions.TryGetValue(act.Match.Value!, out var session))
        {
            (session.EndedBy, session.EndedAt) = (session.EndedBy ?? act.Position, session.EndedAt ?? act.At);
        }
    }

    public void Lifted(Revocation act, LogPosition position)
    {
        MoveTo(position);
        _acts[_acts.IndexOf(act)] = act with { LiftedBy = position };
        foreach (var session in Sessions.Values.Where(session => session.EndedBy == act.Position))
        {
            var next = _acts.Find(one => one.LiftedBy is null && one.Effect is Effect.End && one.Match == act.Match);
            (session.EndedBy, session.EndedAt) = (next?.Position, next?.At);
        }
    }

    /// <summary>Forgets the sessions that a purge may forget: nobody asks for them any more.</summary>
    public void ForgetSessions(long endedBefore)
    {
        foreach (var session in Sessions.Values.Where(
            session => session.EndedAt < endedBefore || session.Row.IdleExpiresAt < endedBefore).ToList())
        {
            Sessions.Remove(session.Row.Id);
        }
    }

    /// <summary>
    /// Forgets an act that the store forgot; one that could still touch a session or a token may not be forgotten.
    /// </summary>
    public void Forget(Revocation act, long now)
    {
        act.RememberUntil.ShouldBeLessThan(now);
        Sessions.Values.ShouldNotContain(session =>
            session.EndedBy == null && session.Row.StateAt(now) == SessionState.Active && session.Row.Started < act.Position);
        _acts.Remove(act);
    }

    /// <summary>What the client is to be told; a session that is forgotten does not come back.</summary>
    public IEnumerable<(string SessionId, LogPosition Act)> LogoutsAt(long now) => _logouts
        .Where(one => !Sessions.TryGetValue(one.Key, out var session) || EndOf(session) is not null
            || BlockOf(session.Row, now) is not null)
        .Select(one => (one.Key, one.Value));

    /// <summary>The client took all of it.</summary>
    public void ToldAll() => _logouts.Clear();

    // Before the act is among the others: what lives until then.
    private bool Ends(Revocation act, ModelSession session) =>
        act.Effect is Effect.End or Effect.Block && Touches(act.Match, session.Row)
        && EndOf(session) is null && BlockOf(session.Row, act.At) is null && session.Row.StateAt(act.At) is SessionState.Active;

    private void MoveTo(LogPosition position)
    {
        position.ShouldBeGreaterThan(Head);
        Head = position;
    }

    private static bool Touches(Match match, Session session) => match.Kind switch
    {
        MatchKind.Session => match.Value == session.Id,
        MatchKind.Subject => match.Value == session.Subject,
        MatchKind.Client => match.Value == session.ClientId,
        MatchKind.Tag => session.Tags.Any(tag => tag.Name == match.Name && tag.Value == match.Value),
        _ => match.Kind is MatchKind.Issuer,
    };

    private static LogPosition SinceOf(Match match, Session session) =>
        session.Tags.FirstOrDefault(tag => match.Kind is MatchKind.Tag && tag.Value == match.Value)?.Since ?? session.Started;

    private static LogPosition? Newest(IEnumerable<Revocation> acts) => acts.Select(act => (LogPosition?)act.Position).Max();
}

/// <summary>A session of the model: its row, what is written on it, and the generation that was last answered twice.</summary>
internal sealed class ModelSession(Session row)
{
    private uint _repeatedAt;

    public Session Row { get; private set; } = row;

    public LogPosition? EndedBy { get; set; }

    public long? EndedAt { get; set; }

    public void Rotate(long now, long idleSeconds) => Row = Row with
    {
        Generation = Row.Generation + 1,
        LastRefreshedAt = now,
        IdleExpiresAt = Math.Min(Row.ExpiresAt, now + idleSeconds),
        RetriesInARow = _repeatedAt == Row.Generation ? Row.RetriesInARow : 0,
    };

    public void Change(string tenant, LogPosition act)
    {
        if (Row.Tags.All(tag => tag.Value != tenant))
        {
            Row = Row with { Tags = [new("tenant", tenant, act)] };
        }
    }

    public void Repeat()
    {
        if (_repeatedAt != Row.Generation)
        {
            Row = Row with { RetriesInARow = Row.RetriesInARow + 1 };
            _repeatedAt = Row.Generation;
        }
    }
}
