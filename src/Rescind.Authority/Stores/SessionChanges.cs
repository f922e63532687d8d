using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores;

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
