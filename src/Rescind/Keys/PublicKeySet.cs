using System.Collections.Frozen;

namespace Rescind;

/// <summary>The keys of a JWK Set (RFC 7517 section 5) that are fit to verify tokens, by their <c>kid</c>. Immutable.</summary>
public sealed class PublicKeySet
{
    /// <summary>The longest document that is read, in bytes: a hundred keys with their certificates.</summary>
    public const int MaxBytes = 256 * 1024;

    private readonly FrozenDictionary<string, PublicKey> _keys;

    private PublicKeySet(FrozenDictionary<string, PublicKey> keys) => _keys = keys;

    /// <summary>The set without keys.</summary>
    public static PublicKeySet Empty { get; } = Of([]);

    /// <summary>The keys.</summary>
    public IReadOnlyCollection<PublicKey> Keys => _keys.Values;

    /// <summary>
    /// Reads a JWK Set. A key that is not fit is left out and does not spoil the rest (JWK-2). Throws
    /// <see cref="FormatException"/> for anything that is no JWK Set or longer than <see cref="MaxBytes"/>.
    /// </summary>
    public static PublicKeySet Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > MaxBytes || !ClaimTable.TryRead(json, out var root, out _)
            || !root.TryFind("keys", out var keys) || keys.ValueKind is not JsonValueKind.Array)
        {
            throw new FormatException($"The key set must be a JWK Set (RFC 7517) of at most {MaxBytes} bytes.");
        }

        return Of(keys.EnumerateArray().Select(ClaimTable.Of).OfType<ClaimTable>().Select(PublicKey.Read).OfType<PublicKey>());
    }

    /// <summary>
    /// The set of these keys. A <c>kid</c> that two different keys have names none (JWK-1); the same key twice is one.
    /// </summary>
    public static PublicKeySet Of(IEnumerable<PublicKey> keys) => new(keys.GroupBy(key => key.KeyId)
        .Where(named => named.DistinctBy(key => (key.Thumbprint, key.Algorithm)).Count() == 1)
        .ToFrozenDictionary(named => named.Key, named => named.First()));

    /// <summary>The one key of this <c>kid</c>; null if there is none, or more than one.</summary>
    public PublicKey? Find(string keyId) => _keys.GetValueOrDefault(keyId);
}
