using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>A client is inserted, replaced, or without a record deleted. The outcome is where that was noted.</summary>
internal sealed class SaveClientDecision(string clientId, ClientRecord? record, AuditContext audit) : Decision<LogPosition>
{
    public override Step<LogPosition> Begin(Present present)
    {
        var changes = new ChangeList(present);
        var position = changes.Next();
        changes.Add(record is null ? new RemoveClient(clientId) : new SaveClient(record, position))
            .Note(position, record is null ? "client.deleted" : "client.saved", audit, new(Match: Match.Client(clientId)));
        return Steps.Done(position, changes.Build());
    }
}
