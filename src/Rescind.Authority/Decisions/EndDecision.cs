using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <inheritdoc cref="Ending"/>
internal sealed class EndDecision(Session session, string reason, Origin origin) : Decision<LogPosition>
{
    public override Step<LogPosition> Begin(Present present)
    {
        var changes = new ChangeList(present);
        return Ending.Session(changes, session, reason, origin, act => Steps.Done(act, changes.Build()));
    }
}
