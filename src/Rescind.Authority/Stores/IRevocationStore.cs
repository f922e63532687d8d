

namespace Rescind.Authority.Stores;

/// <summary>
/// The acts and the log, in whole transactions. What an append returns is committed and fsynced (G2); entries reach
/// followers through <see cref="LogCommitted"/> after COMMIT has returned and before the callers of that commit are answered.
/// </summary>
internal interface IRevocationStore
{
    /// <summary>
    /// Appends one act: act, states, log entries, audit, keys and idempotency record in one transaction. Sessions are
    /// counted before it, on a reader: a broad match selects many, and the writer waits for none of them. What covers
    /// the target already, an end that may be lifted or a block that runs out, makes no difference: the act is
    /// recorded.
    /// </summary>
    Task<RevokeOutcome> RevokeAsync(RevocationDraft draft, CancellationToken cancellationToken);

    /// <summary>The act that a draft would become now, and what it would touch: for a dry run.</summary>
    Task<RevokeOutcome> PreviewAsync(RevocationDraft draft, CancellationToken cancellationToken);

    /// <summary>
    /// Whether an act stands under the caller's key: then <see cref="RevokeAsync"/> does nothing more under it.
    /// </summary>
    Task<bool> HasAnswerAsync(IdempotencyKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Takes one act back; the state is recomputed from the acts not lifted. By then every session that an act with
    /// exceptions or with a past cutoff had selected is given back, very many of them in transactions of their own: what
    /// of that a failure leaves is due to <see cref="AdvanceSpreadsAsync"/>, as is all that a spread had reached.
    /// </summary>
    Task<LiftOutcome> LiftAsync(LogPosition act, AuditContext audit, CancellationToken cancellationToken);

    /// <summary>
    /// Does what is due of the acts that are spread: reaches the next sessions, ends the spreading once its time is
    /// over, and gives back what a lift left. Called again and again; what was not done in time is done by the next
    /// call.
    /// </summary>
    Task AdvanceSpreadsAsync(CancellationToken cancellationToken);

    /// <summary>One act; null if there is none (or none any more).</summary>
    Task<Revocation?> FindAsync(LogPosition act, CancellationToken cancellationToken);

    /// <summary>
    /// Acts, newest first, older than <paramref name="before"/> if that is not the default: a page, which may be short
    /// where what is asked for is rare among very many.
    /// </summary>
    Task<ListPage<Revocation>> ListAsync(
        RevocationQuery query, LogPosition before, int limit, CancellationToken cancellationToken);

    /// <summary>Log entries after a position, oldest first, and the chain at that position; null if the position is older than
    /// what is kept.</summary>
    Task<LogPage?> ReadAsync(LogPosition after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// The live map, registry and keys first, from one transaction; <paramref name="begin"/> gets its head before the
    /// first entry. What nobody needs at <paramref name="time"/> is left out. Throws <see cref="ForgottenException"/>, before
    /// it begins, if something that is needed then was forgotten under another clock.
    /// </summary>
    Task SnapshotAsync(
        SnapshotTime time, Func<LogHead, Task> begin, Func<LogEntry, Task> each, CancellationToken cancellationToken);

    /// <summary>Forgets acts, states and log rows that nothing needs any more; returns how many rows went.</summary>
    Task<long> PurgeAsync(CancellationToken cancellationToken);
}

/// <summary>What a commit appended.</summary>
/// <param name="Before">The position of the head that it goes on from.</param>
/// <param name="Entries">What it appended; not empty.</param>
/// <param name="Head">The head after it.</param>
internal sealed record LogCommit(LogPosition Before, IReadOnlyList<LogEntry> Entries, LogHead Head);

/// <summary>
/// Gets every commit of one process, in order, one at a time: its callers are answered once the task has ended, and if
/// it fails they are not told that it is durable. It has ended when it returns where every earlier entry was handed
/// over, too: always, where there is one process.
/// </summary>
internal delegate ValueTask LogCommitted(LogCommit commit);

/// <summary>An act that a caller wants appended; position, instants and retention come from the transaction.</summary>
internal sealed record RevocationDraft
{
    public required string Issuer { get; init; }

    public required Match Match { get; init; }

    public required Effect Effect { get; init; }

    /// <summary>The cutoff or the end of a block, in seconds since the Unix epoch; null for a cutoff that is now.</summary>
    public long? Second { get; init; }

    /// <summary>The sessions to be spared.</summary>
    public IReadOnlyList<string> Except { get; init; } = [];

    /// <summary>Over how many seconds the renewals are spread; 0 for at once.</summary>
    public long Spread { get; init; }

    /// <summary>How many sessions the caller expects to hit; null where nobody was asked.</summary>
    public long? Confirm { get; init; }

    /// <summary>
    /// Whether the caller confirmed by the value of the match, which is enough only where too many sessions are to be counted.
    /// </summary>
    public bool IsConfirmedByName { get; init; }

    /// <summary>Keys whose rows change with the act: a key that dies leaves the key set with it.</summary>
    public IReadOnlyList<StoredKey> Keys { get; init; } = [];

    /// <summary>The client whose record changes with the act, so that nothing is issued between the two; null for none.</summary>
    public ClientChange? Client { get; init; }

    /// <summary>
    /// The version of the registry that <see cref="Keys"/> and <see cref="Client"/> were decided on; null for any.
    /// </summary>
    public long? From { get; init; }

    /// <summary><c>exp</c> of the named token, where it is known.</summary>
    public long? TokenExpires { get; init; }

    public required string Reason { get; init; }

    public required AuditContext Audit { get; init; }

    public IdempotencyKey? Idempotency { get; init; }

    /// <summary>
    /// Whether the actor's own act is the answer, and nothing is written, while one stands that ends exactly this match
    /// without a condition. For whoever cannot know that they asked before: a token that is presented twice is recorded
    /// once. An act of somebody else is never the answer, because it may be lifted or run out. Where the draft spares
    /// sessions, what the actor's own ends selected already is not named again, and if nothing is left an act that
    /// spares the same sessions is the answer.
    /// </summary>
    public bool Once { get; init; }

    /// <summary>
    /// Whether the log alone has it: no act that could be listed, explained or lifted, and no line of the audit trail. For
    /// canaries, of which there are very many, and which are nobody's.
    /// </summary>
    public bool IsUnrecorded { get; init; }

    /// <summary>Whether it may have to name each session that it selects.</summary>
    public bool IsSelective => Except.Count > 0 || (Second is not null && Effect is not Effect.Block);

    /// <summary>Whether it may hit more sessions than the few that one or a person has.</summary>
    public bool MayHitMany(string ownIssuer) => Issuer == ownIssuer && !Match.Traits.IsNarrow;

    /// <summary>
    /// Throws for what no caller may have asked for: an effect that is none of the match, or a block without its end.
    /// </summary>
    public void Validate(string ownIssuer)
    {
        if (!Match.Allows(Effect, Issuer == ownIssuer) || (Effect is Effect.Block && Second is null))
        {
            throw new ArgumentException("The effect is not one of this match, or a block has no end.");
        }
    }
}

/// <summary>A caller's key and the SHA-256 of what it asked: the same again gets the same answer.</summary>
internal sealed record IdempotencyKey(string Actor, string Key, string RequestHash);

/// <summary>What was answered under an idempotency key.</summary>
/// <param name="RequestHash">The SHA-256 of what was asked.</param>
/// <param name="Act">The act.</param>
/// <param name="Sessions">How many sessions it hits; null where nobody knows.</param>
/// <param name="Known">Whether what it names was known.</param>
internal sealed record KeptAnswer(string RequestHash, LogPosition Act, long? Sessions, bool Known);

internal enum RevokeResult : byte
{
    None = 0,
    Appended = 1,

    /// <summary>
    /// The idempotency key was seen with the same request, or the draft is to be recorded
    /// <see cref="RevocationDraft.Once"/> and was: the act of then.
    /// </summary>
    Repeated = 2,

    /// <summary>The idempotency key was seen with another request.</summary>
    KeyReused = 3,

    /// <summary>It would hit more sessions than the caller confirmed; nothing was appended.</summary>
    NotConfirmed = 4,

    /// <summary>It spares sessions, and selects more than one act may; nothing was appended.</summary>
    TooMany = 5,

    /// <summary>What it would be; nothing was appended.</summary>
    Previewed = 6,

    /// <summary>The registry is not at <see cref="RevocationDraft.From"/> any more; nothing was appended.</summary>
    RegistryMoved = 7,
}

/// <summary>What became of an append.</summary>
/// <param name="Result">The outcome.</param>
/// <param name="Revocation">The act; null where nothing was appended, but for a preview.</param>
/// <param name="Sessions">How many living sessions it ended; null where counting took too long.</param>
/// <param name="Known">Whether the session, subject or key that it names was known; true where that cannot be said.</param>
internal sealed record RevokeOutcome(RevokeResult Result, Revocation? Revocation, long? Sessions, bool Known)
{
    /// <summary>The version of the registry after it, if it changed keys or a client.</summary>
    public long Registry { get; init; }
}

/// <summary>A session that an act which spares others selects.</summary>
/// <param name="Id">Its id.</param>
/// <param name="MayHoldTokens">
/// Whether it may have tokens that can still be used: then the verifiers have to be told, or were.
/// </param>
internal readonly record struct SelectedSession(string Id, bool MayHoldTokens);

/// <summary>An act that is being spread, or whose spreading a lift undoes.</summary>
/// <param name="Act">The act.</param>
/// <param name="After">The row of the session that was looked at last.</param>
/// <param name="Scanned">How many sessions were scanned so far.</param>
internal sealed record OpenSpread(Revocation Act, long After, long Scanned);

/// <summary>What one look for the sessions of an act found.</summary>
/// <param name="Sessions">Those that the act touches.</param>
/// <param name="To">The row of the session that was looked at last, touched or not: none up to there is looked at again.</param>
/// <param name="IsMore">Whether there may be more of those that were scanned.</param>
internal sealed record SoughtSessions(IReadOnlyList<Session> Sessions, long To, bool IsMore);

/// <summary>The living sessions that a match selects.</summary>
/// <param name="Sessions">
/// How many; 0 under a foreign issuer, whose sessions nobody knows here; null where counting took too long.
/// </param>
/// <param name="Known">Whether the session, subject or key that it names was ever seen; true where that cannot be said.</param>
internal sealed record AffectedSessions(long? Sessions, bool Known)
{
    /// <summary>Too many to be counted in time.</summary>
    public static AffectedSessions Uncounted { get; } = new(null, Known: true);
}

internal enum LiftResult : byte
{
    None = 0,
    Done = 1,
    Unknown = 2,
    AlreadyLifted = 3,
}

/// <summary>What became of a lift.</summary>
/// <param name="Result">The outcome.</param>
/// <param name="Revocation">The act as it is now; null if there is none.</param>
/// <param name="Position">The position of the lift, or of the earlier one.</param>
/// <param name="Sessions">How many sessions live again; null where counting took too long.</param>
internal sealed record LiftOutcome(LiftResult Result, Revocation? Revocation, LogPosition Position, long? Sessions = 0);

/// <summary>Which acts are asked for: all of them by default.</summary>
internal sealed record RevocationQuery(string? Issuer = null, Match? Match = null, string? Actor = null)
{
    /// <summary>Whether an act is asked for.</summary>
    public bool Selects(Revocation act) => (Issuer is null || act.Issuer == Issuer) && (Match is null || act.Match == Match)
        && (Actor is null || act.Actor == Actor);
}

/// <summary>Part of the log.</summary>
/// <param name="Before">
/// The chain at the position asked for; null, and no entries, if that is not one of this log: a fork, or ahead of it.
/// </param>
/// <param name="Entries">The entries after it.</param>
/// <param name="Head">The head of the same transaction.</param>
internal sealed record LogPage(LogChain? Before, IReadOnlyList<LogEntry> Entries, LogHead Head);

/// <summary>The store cannot promise that something is durable, or cannot be read: nothing was acknowledged; say 503.</summary>
internal class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
