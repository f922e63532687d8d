namespace Rescind.Authority.Stores;

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
