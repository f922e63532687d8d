namespace Rescind;

/// <summary>
/// What a snapshot brings, while it is read: the map and the registry of a log at one head, aside from those that are
/// judged by. One writer.
/// </summary>
internal sealed class SnapshotContents(SipKey key)
{
    /// <summary>Where the log was; null before the header came.</summary>
    public LogHead? Head { get; set; }

    public RevocationSet Set { get; } = new(key);

    public RegistryBuilder Registry { get; } = RegistryBuilder.Empty;

    /// <summary>Whether an entry was of a form that this version does not understand.</summary>
    public bool NeedsUpgrade { get; private set; }

    public void Apply(LogEntry entry)
    {
        NeedsUpgrade |= !entry.IsUnderstood;
        if (entry is { Kind: LogEntryKind.State, Match: { } match, State: { } state })
        {
            Set.Apply(entry.Issuer, match, state);
        }

        Registry.Apply(entry);
        NeedsUpgrade |= Registry.NeedsUpgrade;
    }
}
