using System.Collections.Frozen;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Keys;

/// <summary>The key ring as it is between two changes: the keys of one version of the registry. Immutable.</summary>
internal sealed class KeyGeneration(
    IReadOnlyList<SigningKey> keys, IReadOnlyDictionary<byte, byte[]> refreshKeys, IReadOnlyList<StoredKey> revoked, long version)
{
    /// <summary>The algorithm of the row of a refresh key.</summary>
    public const string RefreshAlgorithm = "rt";

    public long Version => version;

    /// <summary>The rows of the keys that were revoked.</summary>
    public IReadOnlyList<StoredKey> Revoked { get; } = revoked;

    /// <summary>The keys of the set: next, active, retired.</summary>
    public IReadOnlyList<SigningKey> Keys { get; } = keys;

    public FrozenDictionary<string, SigningKey> ById { get; } = keys.ToFrozenDictionary(key => key.Id, StringComparer.Ordinal);

    /// <summary>The key that signs.</summary>
    public SigningKey Active { get; } = keys.Last(key => key.Row.State is KeyState.Active);

    /// <summary>The key that is announced to be next.</summary>
    public SigningKey Next => Keys.Last(key => key.Row.State is KeyState.Next);

    public JwksDocument Jwks { get; } = new(keys);

    /// <summary>The server keys of refresh tokens.</summary>
    public IReadOnlyDictionary<byte, byte[]> RefreshKeys { get; } = refreshKeys;

    public byte CurrentRefreshKeyId { get; } = refreshKeys.Keys.Max();

    /// <summary>
    /// Opens what the store holds; throws <see cref="MasterKeyException"/> if it was sealed under another master key.
    /// </summary>
    public static OpenedKeys Open(Registry registry, MasterKey master, KeyGeneration? known = null) => new(
        [.. registry.Keys.Where(static row => row.State is not KeyState.Refresh && !row.Sealed.IsEmpty)
            .Select(row => known?.ById.GetValueOrDefault(row.Id)?.In(row) ?? SigningKey.Open(row, master))],
        registry.Keys.Where(static row => row.State is KeyState.Refresh).ToDictionary(
            static row => byte.Parse(row.Id, NumberStyles.None, CultureInfo.InvariantCulture),
            row => master.Open(row.Id, row.Sealed.Span)),
        [.. registry.Keys.Where(static row => row.State is KeyState.Revoked)]);

    /// <summary>
    /// The keys that the store holds now, changed by another node; throws <see cref="StoreUnavailableException"/> if
    /// that has another master key.
    /// </summary>
    public KeyGeneration Replaced(Registry registry, MasterKey master)
    {
        try
        {
            var opened = Open(registry, master, this);
            return new(opened.Keys, opened.RefreshKeys, opened.Revoked, registry.Version);
        }
        catch (MasterKeyException e)
        {
            throw new StoreUnavailableException(e.Message, e);
        }
    }

    /// <summary>The same keys, which are those of another version, too.</summary>
    public KeyGeneration Of(long other) => new(Keys, RefreshKeys, Revoked, other);

    /// <summary>The ring with keys as they are from now on; one without its secret leaves it.</summary>
    public KeyGeneration With(IReadOnlyList<SigningKey> changed, long then)
    {
        var kept = Keys.Where(key => changed.All(other => other.Id != key.Id))
            .Concat(changed.Where(static key => !key.Row.Sealed.IsEmpty));
        var gone = changed.Select(static key => key.Row).Where(static row => row.State is KeyState.Revoked);
        return new([.. kept.OrderBy(static key => key.Row.CreatedAt)], RefreshKeys, [.. Revoked, .. gone], then);
    }
}

/// <summary>Keys as the store holds them, opened.</summary>
internal sealed record OpenedKeys(
    IReadOnlyList<SigningKey> Keys, IReadOnlyDictionary<byte, byte[]> RefreshKeys, IReadOnlyList<StoredKey> Revoked);
