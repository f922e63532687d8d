using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>A client as it is from now on: its row, and a line of the audit trail.</summary>
internal static class ClientSaving
{
    public static void Save(ChangeList changes, ClientChange client, AuditContext audit)
    {
        var position = changes.Next();
        changes.AddToRegistry(
                client.Record is { } record ? new SaveClient(record, position) : new RemoveClient(client.ClientId))
            .Note(
                position, client.Record is null ? "client.deleted" : "client.saved", audit,
                new(Match: Match.Client(client.ClientId)));
    }
}
