namespace Rescind.Authority.Stores;

/// <summary>An act is recorded.</summary>
internal sealed record AddAct(Revocation Act) : Change;

/// <summary>An act is taken back.</summary>
/// <param name="Act">Its position.</param>
/// <param name="By">The position of the lift.</param>
internal sealed record LiftAct(LogPosition Act, LogPosition By) : Change;

/// <summary>An act that spares sessions selects one.</summary>
internal sealed record SelectSession(LogPosition Act, Effect Effect, string SessionId) : Change;

/// <summary>What an act has selected is given back.</summary>
internal sealed record UnselectSession(LogPosition Act, Effect Effect, string SessionId) : Change;

/// <summary>How many sessions an act hits is known.</summary>
internal sealed record CountAct(LogPosition Act, long Sessions) : Change;

/// <summary>What is answered under an idempotency key. The oldest of an actor that has too many go.</summary>
/// <param name="Key">The key.</param>
/// <param name="Answer">The answer.</param>
/// <param name="At">When.</param>
internal sealed record KeepAnswer(IdempotencyKey Key, KeptAnswer Answer, long At) : Change;

/// <summary>An act begins to be spread, or that to be undone. Changes nothing where it has begun.</summary>
internal sealed record BeginSpread(LogPosition Act) : Change;

/// <summary>A spread went on to the session of that row, over so many in all.</summary>
internal sealed record AdvanceSpread(LogPosition Act, long After, long Scanned) : Change;

/// <summary>The match of an act that is spread carries it from now on, up to this second.</summary>
/// <param name="Act">The act as it is then.</param>
internal sealed record MoveCutoff(Revocation Act) : Change;

/// <summary>Nothing is left to do of a spread.</summary>
internal sealed record EndSpread(LogPosition Act) : Change;
