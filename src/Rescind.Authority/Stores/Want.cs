namespace Rescind.Authority.Stores;

/// <summary>Something that a decision needs to know. A value.</summary>
internal abstract record Want;

/// <inheritdoc cref="Want"/>
/// <typeparam name="TFact">What answers it.</typeparam>
internal abstract record Want<TFact> : Want;

/// <summary>The row of a session; null if there is none.</summary>
/// <param name="Id">The session.</param>
/// <param name="IsToEnd">For whoever ends it, whom damage in what its tokens state must not stop.</param>
internal sealed record SessionById(string Id, bool IsToEnd = false) : Want<SessionRow?>;

/// <summary>
/// The sessions that a match of our own issuer names, for whoever ends them, ended ones too: <paramref name="Most"/> at
/// most. All that are named are looked through: count first.
/// </summary>
/// <param name="Match">The match.</param>
/// <param name="LivingAt">They were not over by their lifetimes at this second.</param>
/// <param name="StartedBefore">They were started before this second.</param>
/// <param name="Most">How many at most.</param>
internal sealed record SessionsNamed(Match Match, long LivingAt, long StartedBefore, int Most) : Want<IReadOnlyList<Session>>;

/// <summary>Whether a match of our own issuer names more sessions, living or over, than <paramref name="Most"/>.</summary>
internal sealed record NamesMoreThan(Match Match, long Most) : Want<bool>;

/// <summary>
/// The acts that decide whether a session lives. Left out may be what was taken back, what decides no more because
/// another act wins over it, ends from before its start, unless they are on the session itself, and blocks that are
/// over at <paramref name="Now"/>.
/// </summary>
internal sealed record ActsTouching(SessionFacts Session, long Now) : Want<IReadOnlyList<Revocation>>;

/// <summary>One act; null if there is none.</summary>
internal sealed record ActAt(LogPosition Position) : Want<Revocation?>;

/// <summary>
/// The newest <c>end</c> by one actor on exactly one match that was not taken back and spares no session; null if there is none.
/// </summary>
internal sealed record NewestOwnEnd(string Issuer, Match Match, string Actor) : Want<Revocation?>;

/// <summary>
/// The newest ends by one actor on exactly one match that spare sessions and were not taken back: a few, newest first.
/// </summary>
internal sealed record OwnSparingEnds(string Issuer, Match Match, string Actor) : Want<IReadOnlyList<Revocation>>;

/// <summary>
/// The <c>end</c> on a subject of ours that reaches furthest, of those not taken back; what it spares is no matter here.
/// </summary>
internal sealed record FurthestEndOf(string Subject) : Want<Revocation?>;

/// <summary>
/// The oldest <c>end</c> on a session itself that was not taken back; <paramref name="Without"/> counts as if it had been.
/// </summary>
internal sealed record OldestEndOf(string SessionId, LogPosition Without) : Want<Revocation?>;

/// <summary>What holds for a match; empty if nothing ever did.</summary>
internal sealed record StateOf(string Issuer, Match Match) : Want<RevocationState>;

/// <summary>
/// The acts that can decide the state of a match, those too that selected it as a session and spared others: of each
/// effect at least the one that wins. None that was taken back, nor <paramref name="Without"/>.
/// </summary>
internal sealed record ActsOn(string Issuer, Match Match, LogPosition Without) : Want<IReadOnlyList<Revocation>>;

/// <summary>Sessions that an act which spares others has selected: <paramref name="Most"/> at most.</summary>
internal sealed record SelectedBy(LogPosition Act, int Most) : Want<IReadOnlyList<SelectedSession>>;

/// <summary>Whether an act has selected a session.</summary>
internal sealed record HasSelected(LogPosition Act, Effect Effect, string SessionId) : Want<bool>;

/// <summary>What was answered under an idempotency key since a second; null if nothing was.</summary>
internal sealed record AnswerTo(IdempotencyKey Key, long Since) : Want<KeptAnswer?>;

/// <summary>An act that is being spread, or whose spreading a lift undoes; null if there is nothing left to do.</summary>
internal sealed record SpreadOf(LogPosition Act) : Want<OpenSpread?>;

/// <summary>The record of an issuer; null if it is not registered.</summary>
/// <param name="Issuer">The issuer.</param>
/// <param name="OrRemoved">Whether a record that was removed counts, too.</param>
internal sealed record IssuerOf(string Issuer, bool OrRemoved = false) : Want<IssuerRecord?>;

/// <summary>Where the public part of a key stands in the log.</summary>
internal sealed record KeyInLog(string Id) : Want<AnnouncedKey>;

/// <summary>What the log says of a key. The default: nothing yet.</summary>
/// <param name="Position">The entry that said it last.</param>
/// <param name="At">The second of that entry.</param>
/// <param name="PublicJwk">The JWK; null where it is not there, or not any more.</param>
internal readonly record struct AnnouncedKey(LogPosition Position, long At, string? PublicJwk);

/// <summary>Whether the newest lines of the audit trail of a session hold this action, later than a second.</summary>
internal sealed record IsNoted(string? SessionId, string Action, long Since) : Want<bool>;

/// <summary>Whether a logout still waits under its number, by the same act.</summary>
internal sealed record IsWaiting(long Number, LogPosition Act) : Want<bool>;
