using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// A client is inserted, replaced, or without a record deleted. The outcome is the version of the registry then; null
/// if it is not at the one any more that this was decided on.
/// </summary>
/// <param name="client">The client.</param>
/// <param name="from">That version; null for any.</param>
/// <param name="audit">Whoever saves it.</param>
internal sealed class SaveClientDecision(ClientChange client, long? from, AuditContext audit) : Decision<long?>
{
    public override Step<long?> Begin(Present present)
    {
        if (from is { } known && known != present.Registry)
        {
            return Steps.Done<long?>(null);
        }

        var changes = new ChangeList(present);
        ClientSaving.Save(changes, client, audit);
        return Steps.Done<long?>(changes.Registry, changes.Build());
    }
}
