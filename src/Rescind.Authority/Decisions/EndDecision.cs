using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <inheritdoc cref="Ending"/>
internal sealed class EndDecision(Session session, string reason, AuditContext audit) : Decision<LogPosition>
{
    public override Step<LogPosition> Begin(Present present)
    {
        var changes = new ChangeList(present);
        return Ending.Session(changes, session, reason, audit, act => Steps.Done(act, changes.Build()));
    }
}
