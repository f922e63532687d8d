using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// Keys as they are from now on. The outcome is the version of the registry then; null if it is not at the one any
/// more that this was decided on.
/// </summary>
/// <param name="keys">The keys; none only settles.</param>
/// <param name="from">That version; null for any.</param>
/// <param name="audit">Whoever saves them.</param>
/// <param name="settlesRestore">Whether the keys of a restored database, if it is one, are replaced with them.</param>
internal sealed class SaveKeysDecision(
    IReadOnlyList<StoredKey> keys, long? from, AuditContext audit, bool settlesRestore = true) : Decision<long?>
{
    public override Step<long?> Begin(Present present)
    {
        if (from is { } known && known != present.Registry)
        {
            return Steps.Done<long?>(null);
        }

        var changes = new ChangeList(present);
        return KeySaving.Ask(changes, keys, audit, () =>
        {
            if (settlesRestore)
            {
                changes.Add(new SettleRestore());
            }

            return Steps.Done<long?>(changes.Registry, changes.Build());
        });
    }
}
