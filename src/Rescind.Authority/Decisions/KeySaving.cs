using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// Keys as they are from now on: their rows, and an entry of the log for each whose public part appears in it or leaves it.
/// </summary>
internal static class KeySaving
{
    public static Step<T> Ask<T>(ChangeList changes, IReadOnlyList<StoredKey> keys, AuditContext audit, Func<Step<T>> next) =>
        Steps.AskEach(
            keys, static key => new KeyInLog(key.Id), (key, announced) => Save(changes, key, announced, audit), next);

    private static void Save(ChangeList changes, StoredKey key, AnnouncedKey announced, AuditContext audit)
    {
        var about = new AuditSubject(changes.Present.Issuer, Match.Key(key.Id), Reason: key.State.ToString());
        if (announced.PublicJwk == key.PublicJwk)
        {
            changes.AddToRegistry(new SaveKey(key, announced)).Note("key.saved", audit, about);
            return;
        }

        var entry = changes.NextEntry();
        changes.Append(entry, LogEntryKind.Key, changes.Present.Issuer, Match.Key(key.Id), key.PublicJwk)
            .AddToRegistry(new SaveKey(key, new(entry, changes.Present.Second, key.PublicJwk)))
            .Note(entry, "key.saved", audit, about);
    }
}
