namespace Rescind.Authority.Stores;

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
