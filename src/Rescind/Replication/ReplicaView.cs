using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Rescind;

/// <summary>
/// What a judge reads, published by one reference write: the map, the frozen maps of older logs beside it, and the registry.
/// Its parts belong together; only the newest map is still written to.
/// </summary>
/// <param name="Set">The map of the present log.</param>
/// <param name="Forks">The maps of logs that this one did not continue; dead in any of them is dead.</param>
/// <param name="Issuers">The issuers' records by their exact <c>iss</c>.</param>
/// <param name="OwnKeys">Our own public keys: <c>kid</c> to JWK text.</param>
internal sealed record ReplicaView(
    RevocationSet Set,
    ImmutableArray<FrozenMap> Forks,
    FrozenDictionary<string, IssuerRecord> Issuers,
    IReadOnlyDictionary<string, string> OwnKeys)
{
    public static ReplicaView Empty(SipKey key) =>
        new(new(key), [], FrozenDictionary<string, IssuerRecord>.Empty, FrozenDictionary<string, string>.Empty);

    /// <summary>The record of the Authority's own issuer, once known.</summary>
    public IssuerRecord? Own { get; } = Issuers.Values.FirstOrDefault(record => record.Own);

    /// <summary>The maps of the older logs and that of the present one.</summary>
    public IEnumerable<RevocationSet> Sets => Forks.Select(static fork => fork.Set).Append(Set);

    /// <summary>How many matches are held, forks included.</summary>
    public int Count => Set.Count + Forks.Sum(static fork => fork.Set.Count);

    /// <summary>How much memory they take, in bytes, forks included.</summary>
    public long Bytes => Set.Bytes + Forks.Sum(static fork => fork.Set.Bytes);

    /// <summary>
    /// This view with what <paramref name="entries"/> say of issuers and keys; the same if they say nothing of them.
    /// </summary>
    public ReplicaView WithRecords(IReadOnlyList<LogEntry> entries, out bool needsUpgrade)
    {
        var registry = new RegistryBuilder(Issuers, OwnKeys);
        foreach (var entry in entries)
        {
            registry.Apply(entry);
        }

        needsUpgrade = registry.NeedsUpgrade;
        return registry.Changed ? new(Set, Forks, registry.Issuers, registry.Keys) : this;
    }
}

/// <summary>Issuer records and own keys while they are being changed; copied at the first change.</summary>
internal sealed class RegistryBuilder(IReadOnlyDictionary<string, IssuerRecord> issuers, IReadOnlyDictionary<string, string> keys)
{
    private Dictionary<string, IssuerRecord>? _issuers;
    private Dictionary<string, string>? _keys;

    public static RegistryBuilder Empty =>
        new(FrozenDictionary<string, IssuerRecord>.Empty, FrozenDictionary<string, string>.Empty);

    public bool Changed => _issuers is not null || _keys is not null;

    /// <summary>Whether a record was of a form that this version cannot read.</summary>
    public bool NeedsUpgrade { get; private set; }

    public FrozenDictionary<string, IssuerRecord> Issuers => (_issuers ?? issuers).ToFrozenDictionary();

    public IReadOnlyDictionary<string, string> Keys => _keys ?? keys;

    public void Apply(LogEntry entry)
    {
        switch (entry.Kind)
        {
            case LogEntryKind.Issuer:
                ApplyIssuer(entry);
                break;
            case LogEntryKind.Key when entry.Match?.Value is { } kid:
                _keys ??= new(keys);
                Set(_keys, kid, entry.Record);
                break;
        }
    }

    private void ApplyIssuer(LogEntry entry)
    {
        try
        {
            var record = entry.Record is null ? null : IssuerRecord.FromJson(entry.Record);
            _issuers ??= new(issuers);
            Set(_issuers, entry.Issuer, record);
        }
        catch (JsonException)
        {
            NeedsUpgrade = true;
        }
    }

    private static void Set<T>(Dictionary<string, T> records, string name, T? record)
        where T : class
    {
        if (record is null)
        {
            records.Remove(name);
        }
        else
        {
            records[name] = record;
        }
    }
}
