

namespace Rescind.Authority.Stores;

/// <summary>
/// Sessions, in whole transactions (design: ended by rule, not by row). Every method that mints reads the committed head first,
/// then judges, then writes, and returns after the commit is durable. A commit whose outcome is unknown throws
/// <see cref="StoreUnavailableException"/>: 503, never <c>invalid_grant</c>.
/// </summary>
internal interface ISessionStore
{
    /// <summary>Inserts a session unless it is blocked, or its caller-sent login lies before the newest <c>end</c> on its
    /// subject; ends <see cref="SessionDraft.Replaces"/> in the same transaction.</summary>
    Task<StartOutcome> StartAsync(SessionDraft draft, CancellationToken cancellationToken);

    /// <summary>Judges the session and swaps its generation; decides between successor, retry and reuse (RT-10, RT-11).</summary>
    Task<RotationOutcome> RotateAsync(RotationAttempt attempt, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces what a living session carries. What stands in its tokens changes together with a <c>renew</c> on it: a
    /// token from before the change is out of date, and a tag that is new or has a new value holds since the position
    /// of that act.
    /// </summary>
    Task<ChangeOutcome> ChangeAsync(SessionChange change, CancellationToken cancellationToken);

    /// <summary>One session, judged; null if it never was.</summary>
    Task<Session?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>One session as its row says, for what never changes; null if it never was.</summary>
    Task<Session?> FindUnjudgedAsync(string id, CancellationToken cancellationToken);

    /// <summary>Sessions in the order of their start, judged, newest first.</summary>
    Task<SessionPage> ListAsync(SessionQuery query, CancellationToken cancellationToken);
}

/// <summary>
/// What a caller wants started; the store adds what its transaction knows (head, auth_time if nobody sent one).
/// </summary>
internal sealed record SessionDraft
{
    /// <summary>The row to be, with <see cref="Session.Started"/> still unset and <see cref="Session.AuthenticatedAt"/> 0 where
    /// nobody sent an <c>auth_time</c>.</summary>
    public required Session Session { get; init; }

    /// <summary>A session that this one replaces: same subject and client, ended in the same transaction.</summary>
    public string? Replaces { get; init; }

    public required AuditContext Audit { get; init; }

    /// <summary>Throws for what no caller may have asked for: too many tags.</summary>
    public void Validate()
    {
        if (Session.Tags.Count > Session.MaxTags)
        {
            throw new ArgumentException($"A session has at most {Session.MaxTags} tags.");
        }
    }
}

/// <summary>Who acts, from where, in which request: what an audit entry needs.</summary>
internal sealed record AuditContext(string Actor, string? Address, string? RequestId)
{
    /// <summary>The Authority itself.</summary>
    public static AuditContext System { get; } = new("system", null, null);
}

internal enum StartResult : byte
{
    None = 0,
    Started = 1,
    Blocked = 2,
    LoginBeforeEnd = 3,
    ReplacesUnknown = 4,
}

/// <summary>What became of a start.</summary>
/// <param name="Result">The outcome.</param>
/// <param name="Session">The session as committed; for <see cref="StartResult.Started"/> alone. Its <see cref="Session.Started"/>
/// is the <c>lpos</c> to sign.</param>
/// <param name="By">The act that refused.</param>
internal sealed record StartOutcome(StartResult Result, Session? Session, LogPosition By)
{
    /// <summary>The version of the registry that the transaction read: nothing is signed by what is older.</summary>
    public long Registry { get; init; }
}

/// <summary>One refresh: a genuine token, of whatever generation.</summary>
internal sealed record RotationAttempt
{
    public required string SessionId { get; init; }

    /// <summary>The generation that the token claims.</summary>
    public required uint Generation { get; init; }

    /// <summary>
    /// The session, as the caller has looked it up; null if it has not. It spares a store a look, and decides nothing: what of
    /// it can change is compared with what is there.
    /// </summary>
    public Session? Known { get; init; }

    /// <summary>The authenticated client, which must own the session (RT-1).</summary>
    public required string ClientId { get; init; }

    /// <summary>The <c>User-Agent</c> of whoever presented the token, for the audit trail.</summary>
    public string? UserAgent { get; init; }

    /// <summary>How long the predecessor may be repeated; null: until the successor is used (the default).</summary>
    public TimeSpan? RetryWindow { get; init; }

    public ReusePolicy ReusePolicy { get; init; }

    /// <summary>How far the idle end moves with this refresh.</summary>
    public required TimeSpan IdleLifetime { get; init; }

    public required AuditContext Audit { get; init; }
}

internal enum RotationResult : byte
{
    None = 0,

    /// <summary>Of another client, or of no session: say nothing more.</summary>
    Refused = 1,

    /// <summary>The generation rose by one.</summary>
    Rotated = 2,

    /// <summary>The immediate predecessor: answer the current generation again.</summary>
    Repeated = 3,

    /// <summary>An old token of a living session: reuse. By policy the session is ended now.</summary>
    Reused = 4,

    Ended = 5,
    Blocked = 6,
    Expired = 7,

    /// <summary>Above the current generation: the store went back. The session is ended.</summary>
    FromTheFuture = 8,
}

/// <summary>What became of a refresh.</summary>
/// <param name="Result">The outcome.</param>
/// <param name="Session">The session after it, judged; null for Refused.</param>
/// <param name="Head">The head read before the judgement: the <c>lpos</c> to sign.</param>
/// <param name="By">The act that ended or blocked it, if any.</param>
internal sealed record RotationOutcome(RotationResult Result, Session? Session, LogPosition Head, LogPosition By)
{
    /// <inheritdoc cref="StartOutcome.Registry"/>
    public long Registry { get; init; }
}

/// <summary>What a caller wants changed of a session; null leaves a member as it is.</summary>
internal sealed record SessionChange
{
    public required string SessionId { get; init; }

    /// <summary>The JSON text of an object.</summary>
    public string? Claims { get; init; }

    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    public SessionDevice? Device { get; init; }

    /// <summary>
    /// Whether the session may be what it would become; asked inside the transaction, because another change may have come first.
    /// </summary>
    public Func<Session, bool> Allows { get; init; } = static _ => false;

    public required AuditContext Audit { get; init; }

    /// <summary>Whether its tokens change with it. They say nothing of the device.</summary>
    public bool IsInTokens => Claims is not null || Tags is not null;
}

internal enum ChangeResult : byte
{
    None = 0,
    Changed = 1,

    /// <summary>There is no such session.</summary>
    Unknown = 2,

    Ended = 3,
    Expired = 4,

    /// <summary>A block is in force on what the session is, or on what it would become.</summary>
    Blocked = 5,

    /// <summary><see cref="SessionChange.Allows"/> said no.</summary>
    NotAllowed = 6,
}

/// <summary>What became of a change. Nothing was written unless it is <see cref="ChangeResult.Changed"/>.</summary>
/// <param name="Result">The outcome.</param>
/// <param name="Session">The session as committed; for <see cref="ChangeResult.Changed"/> alone.</param>
/// <param name="By">The <c>renew</c> that it implied, the act that refused it, or the default.</param>
internal sealed record ChangeOutcome(ChangeResult Result, Session? Session, LogPosition By);

internal sealed record SessionQuery(string? Subject, SessionState? State, int Limit, string? Cursor)
{
    /// <summary>The clients whose sessions are listed; null for all.</summary>
    public IReadOnlyList<string>? Clients { get; init; }

    /// <summary>Whether a client is there: a session of one that is gone is ended, whatever was lifted.</summary>
    public Func<string, bool> HasClient { get; init; } = static _ => true;

    /// <summary>The number that those of the page are below. Throws for a limit or a cursor that is none.</summary>
    public long ReadBefore()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Limit);
        return Cursor is null ? long.MaxValue
            : LogPosition.TryParse(Cursor, out var cursor) ? cursor.Value
            : throw new ArgumentException("The cursor is none of ours.");
    }
}

/// <summary>A page; <paramref name="Next"/> is the cursor of the following one, or null.</summary>
internal sealed record SessionPage(IReadOnlyList<Session> Sessions, string? Next);
