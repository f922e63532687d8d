using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// The record of an issuer leaves the log; its numbers are kept for a later record. The outcome is where it left.
/// </summary>
internal sealed class RemoveIssuerDecision(string issuer, AuditContext audit) : Decision<LogPosition>
{
    public override Step<LogPosition> Begin(Present present)
    {
        var changes = new ChangeList(present);
        var entry = changes.NextEntry();
        changes.Append(entry, LogEntryKind.Issuer, issuer, Match.Issuer, null)
            .AddToRegistry(new RemoveIssuer(issuer))
            .Note(entry, "issuer.removed", audit, new(issuer, Match.Issuer));
        return Steps.Done(entry, changes.Build());
    }
}
