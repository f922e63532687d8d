namespace Rescind.Authority.Stores;

/// <summary>
/// An act that names no sessions one by one, what its match amounts to now, and its line of the audit trail. The store makes the act of the draft and
/// adds it to the state of the match.
/// </summary>
/// <param name="Position">Of the act, its entry and its audit line.</param>
/// <param name="Draft">What the act becomes of.</param>
/// <param name="Subject">Whose session it names, for the audit trail.</param>
internal sealed record AppendAct(LogPosition Position, RevocationDraft Draft, string? Subject) : Change;
