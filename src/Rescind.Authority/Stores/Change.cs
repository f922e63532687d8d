namespace Rescind.Authority.Stores;

/// <summary>One thing to be written. A value.</summary>
internal abstract record Change;

/// <summary>An entry of the log; one of a state replaces the state of its match.</summary>
internal sealed record AppendEntry(LogEntry Entry) : Change;

/// <summary>A line of the audit trail.</summary>
/// <param name="Position">
/// Null for the next one when it is committed, so that whoever only notes something rests on no head.
/// </param>
/// <param name="Action">What was done.</param>
/// <param name="Audit">By whom.</param>
/// <param name="About">To what.</param>
internal sealed record AddAudit(LogPosition? Position, string Action, AuditContext Audit, AuditSubject About) : Change;

/// <summary>A session is started.</summary>
internal sealed record InsertSession(Session Session) : Change;

/// <summary>What a session carries is replaced: its claims, its tags and its device.</summary>
/// <param name="Number">Of the session's row.</param>
/// <param name="Session">As it is then.</param>
internal sealed record ChangeSession(long Number, Session Session) : Change;

/// <summary>The generation of a session moves on, and its idle end with it.</summary>
internal sealed record RotateSession(long Number, uint From, uint To, long LastRefreshedAt, long IdleExpiresAt) : Change;

/// <summary>A generation of a session was answered more than once.</summary>
/// <param name="Number">Of the session's row.</param>
/// <param name="Generation">That generation.</param>
/// <param name="Retries">How many generations in a row that were.</param>
internal sealed record RepeatSession(long Number, uint Generation, int Retries) : Change;

/// <summary>
/// An act ended a session: its row remembers that when the act is forgotten. Changes nothing on one that is ended already.
/// </summary>
internal sealed record EndSession(string Id, LogPosition By, long At) : Change;

/// <summary>What a row remembers as its end was taken back. Changes nothing on one that something else has ended.</summary>
/// <param name="Id">The session.</param>
/// <param name="From">The act that was taken back.</param>
/// <param name="To">The act that has ended it all the same; null for none.</param>
internal sealed record ReopenSession(string Id, LogPosition From, Revocation? To) : Change;

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

/// <summary>The registry gets its next version: with everything that changes a client, a key or an issuer.</summary>
internal sealed record RaiseRegistry(long Version) : Change;

/// <summary>The record of an issuer is replaced.</summary>
/// <param name="Record">The record.</param>
/// <param name="Position">Its entry of the log.</param>
/// <param name="At">The second of that entry.</param>
internal sealed record SaveIssuer(IssuerRecord Record, LogPosition Position, long At) : Change;

/// <summary>An issuer is registered no more; its numbers are kept for a later record.</summary>
internal sealed record RemoveIssuer(string Issuer) : Change;

/// <summary>The row of a key is replaced.</summary>
/// <param name="Key">The key.</param>
/// <param name="Announced">What the log says of it then.</param>
internal sealed record SaveKey(StoredKey Key, AnnouncedKey Announced) : Change;

/// <summary>The keys of a restored database were replaced: from here on it is one like any other.</summary>
internal sealed record SettleRestore : Change;

/// <summary>A client is inserted or replaced.</summary>
/// <param name="Record">The client.</param>
/// <param name="Position">Since when it is told of logouts, if it was not before.</param>
internal sealed record SaveClient(ClientRecord Record, LogPosition Position) : Change;

/// <summary>A client is deleted.</summary>
internal sealed record RemoveClient(string ClientId) : Change;

/// <summary>A logout waits no more.</summary>
internal sealed record RemoveLogout(long Number) : Change;
