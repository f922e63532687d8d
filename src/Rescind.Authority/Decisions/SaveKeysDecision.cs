using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>Keys as they are from now on. The outcome says how many there were.</summary>
/// <param name="keys">The keys.</param>
/// <param name="audit">Whoever saves them.</param>
/// <param name="settlesRestore">Whether the keys of a restored database, if it is one, are replaced with them.</param>
internal sealed class SaveKeysDecision(IReadOnlyList<StoredKey> keys, AuditContext audit, bool settlesRestore = true)
    : Decision<int>
{
    public override Step<int> Begin(Present present)
    {
        var changes = new ChangeList(present);
        return KeySaving.Ask(changes, keys, audit, () =>
        {
            if (settlesRestore)
            {
                changes.Add(new SettleRestore());
            }

            return Steps.Done(keys.Count, changes.Build());
        });
    }
}
