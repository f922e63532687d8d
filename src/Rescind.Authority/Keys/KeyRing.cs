using System.Collections.Frozen;
using System.Globalization;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Keys;

/// <summary>
/// The Authority's keys: one that signs, one announced to be next, those retired whose tokens may still live, and the
/// server keys of refresh tokens. Each change is one transaction of the store, which also puts it into the log; readers see
/// whole generations of the ring and never lock. Until <see cref="StartAsync"/> it holds nothing and every use throws.
/// </summary>
internal sealed class KeyRing(
    IRegistryStore store, MasterKeySource masterSource, KeyPolicy policy, SteadyClock clock, TimeProvider time,
    Entropy entropy) : IDisposable
{
    private const string RefreshAlgorithm = "rt";
    private const int RefreshKeyBytes = 32;

    private static readonly AuditContext Self = new("system", null, null);

    // Held while the ring changes: one change at a time.
    private readonly SemaphoreSlim _changing = new(1, 1);
    private volatile Generation? _generation;
    private MasterKey? _master;

    /// <summary>The key that signs.</summary>
    public SigningKey Active => Present.Active;

    /// <summary>The keys of the set: next, active, retired.</summary>
    public IReadOnlyList<SigningKey> Keys => Present.Keys;

    /// <summary>The rows of the keys of the set, and of those that were revoked: what an administrator asks about.</summary>
    public IEnumerable<StoredKey> Rows => [.. Present.Revoked, .. Keys.Select(key => key.Row)];

    /// <summary>What <c>/.well-known/jwks.json</c> serves.</summary>
    public JwksDocument Jwks => Present.Jwks;

    /// <summary>The server key that new sessions derive their refresh tokens under.</summary>
    public byte CurrentRefreshKeyId => Present.CurrentRefreshKeyId;

    private Generation Present => _generation ?? throw new InvalidOperationException("The key ring has not been started.");

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>The key of a <c>kid</c>, or null.</summary>
    public SigningKey? Find(string kid) => Present.ById.GetValueOrDefault(kid);

    /// <summary>The 32 bytes of a refresh server key, or nothing.</summary>
    public ReadOnlySpan<byte> FindRefreshKey(byte id) => Present.RefreshKeys.GetValueOrDefault(id);

    /// <summary>
    /// Opens what the store holds, and makes what is missing: at the first start the first keys. Throws
    /// <see cref="MasterKeyException"/> if the master key is not the one that the rows were sealed under,
    /// <see cref="StoreUnavailableException"/> if nothing could be saved.
    /// </summary>
    /// <param name="rows">What the store holds.</param>
    /// <param name="mustReplace">Whether every signing key must go: after a restore nobody knows what was signed.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public async Task StartAsync(IReadOnlyList<StoredKey> rows, bool mustReplace, CancellationToken cancellationToken)
    {
        _master = masterSource.Load(mayCreate: rows.All(row => row.Sealed.IsEmpty));
        var refreshKeys = rows.Where(row => row.State is KeyState.Refresh).ToDictionary(
            row => byte.Parse(row.Id, NumberStyles.None, CultureInfo.InvariantCulture),
            row => _master.Open(row.Id, row.Sealed.Span));
        var keys = rows.Where(row => row.State is not KeyState.Refresh && !row.Sealed.IsEmpty)
            .Select(row => SigningKey.Open(row, _master)).ToList();

        var made = new List<StoredKey>();
        if (mustReplace)
        {
            made.AddRange(keys.Select(key => Gone(key).Row));
            keys.Clear();
        }

        if (refreshKeys.Count == 0)
        {
            made.Add(MakeRefreshKey(refreshKeys));
        }

        if (!keys.Exists(key => key.Row.State is KeyState.Active))
        {
            var first = SigningKey.Create(policy.Algorithm, _master, Now);
            keys.Add(first.In(first.Row with { State = KeyState.Active, ActiveFrom = Now }));
            keys.Add(SigningKey.Create(policy.Algorithm, _master, Now));
            made.AddRange(keys.Select(key => key.Row));
        }

        if (made.Count > 0)
        {
            await store.SaveKeysAsync(made, from: null, Self, cancellationToken).ConfigureAwait(false);
        }

        _generation = new(keys, refreshKeys, [.. rows.Where(row => row.State is KeyState.Revoked)]);
        await MaintainAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Does what is due: removes retired keys that no living token needs, announces a missing next key, rotates at the
    /// end of the active period.
    /// </summary>
    public Task MaintainAsync(CancellationToken cancellationToken) => ChangeAsync(keys =>
    {
        // What is due waits for a clock that is believed: a secret that is gone does not come back.
        var believed = clock.Believed.ToUnixTimeSeconds();
        var next = keys.LastOrDefault(key => key.Row.State is KeyState.Next && key.Row.Algorithm == policy.Algorithm);
        var changed = keys.Where(key => IsOver(key, next, believed)).Select(key => Gone(key)).ToList();
        if (next is null)
        {
            changed.Add(SigningKey.Create(policy.Algorithm, _master!, Now));
        }
        else if (believed >= Active.Row.ActiveFrom + (long)policy.ActivePeriod.TotalSeconds
            && believed >= next.Row.CreatedAt + (long)KeyPolicy.Announced.TotalSeconds)
        {
            changed.AddRange(Rotated(next, Now));
        }

        return changed;
    }, Self, cancellationToken);

    /// <summary>
    /// Lets the next key sign from now on, whatever its age; the present one retires and a new next one is announced.
    /// </summary>
    public Task RotateAsync(AuditContext audit, CancellationToken cancellationToken) =>
        ChangeAsync(keys => Rotated(keys.Last(key => key.Row.State is KeyState.Next), Now), audit, cancellationToken);

    /// <summary>
    /// Lets a key die with the act that <paramref name="append"/> appends, in its transaction: it leaves the key set,
    /// and if it was the one that signs or the one announced, the next takes its place at once. Of a key that is not
    /// here only the act is appended.
    /// </summary>
    public async Task<RevokeOutcome> RevokeAsync(
        string kid, Func<IReadOnlyList<StoredKey>, Task<RevokeOutcome>> append, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            IReadOnlyList<SigningKey> changed = Find(kid) is { } key ? Without(key, Now) : [];
            var outcome = await append([.. changed.Select(other => other.Row)]).ConfigureAwait(false);
            if (outcome.Result is RevokeResult.Appended)
            {
                Publish(changed);
            }

            return outcome;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    private bool IsOver(SigningKey key, SigningKey? next, long now) => key.Row.State switch
    {
        KeyState.Next => key != next,
        KeyState.Retired => now >= key.Row.RetiredAt + (long)policy.RetiredPeriod.TotalSeconds,
        _ => false,
    };

    // The row stays, so that its id is never used again; the secret goes.
    private static SigningKey Gone(SigningKey key, KeyState state = KeyState.Retired) =>
        key.In(key.Row with { State = state, Sealed = ReadOnlyMemory<byte>.Empty, PublicJwk = null });

    private IReadOnlyList<SigningKey> Without(SigningKey key, long now)
    {
        var dead = Gone(key.In(key.Row with { RetiredAt = key.Row.RetiredAt ?? now }), KeyState.Revoked);
        return key.Row.State switch
        {
            KeyState.Active => [dead, .. Rotated(Keys.Last(other => other.Row.State is KeyState.Next), now).Skip(1)],
            KeyState.Next => [dead, SigningKey.Create(policy.Algorithm, _master!, now)],
            _ => [dead],
        };
    }

    private IReadOnlyList<SigningKey> Rotated(SigningKey next, long now) =>
    [
        Active.In(Active.Row with { State = KeyState.Retired, RetiredAt = now }),
        next.In(next.Row with { State = KeyState.Active, ActiveFrom = now }),
        SigningKey.Create(policy.Algorithm, _master!, now),
    ];

    private async Task ChangeAsync(
        Func<IReadOnlyList<SigningKey>, IReadOnlyList<SigningKey>> change, AuditContext audit,
        CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var changed = change(Keys);
            if (changed.Count == 0)
            {
                return;
            }

            await store.SaveKeysAsync([.. changed.Select(key => key.Row)], from: null, audit, cancellationToken)
                .ConfigureAwait(false);
            Publish(changed);
        }
        finally
        {
            _changing.Release();
        }
    }

    private void Publish(IReadOnlyList<SigningKey> changed)
    {
        var kept = Keys.Where(key => changed.All(other => other.Id != key.Id))
            .Concat(changed.Where(key => !key.Row.Sealed.IsEmpty));
        var revoked = changed.Select(key => key.Row).Where(row => row.State is KeyState.Revoked);
        _generation = new([.. kept.OrderBy(key => key.Row.CreatedAt)], Present.RefreshKeys, [.. Present.Revoked, .. revoked]);
    }

    private StoredKey MakeRefreshKey(Dictionary<byte, byte[]> refreshKeys)
    {
        var key = new byte[RefreshKeyBytes];
        entropy.Fill(key);
        refreshKeys.Add(1, key);
        return new("1", RefreshAlgorithm, KeyState.Refresh, _master!.Seal("1", key), null, Now, null, null);
    }

    /// <summary>The ring as it is between two changes.</summary>
    private sealed class Generation(
        IReadOnlyList<SigningKey> keys, IReadOnlyDictionary<byte, byte[]> refreshKeys, IReadOnlyList<StoredKey> revoked)
    {
        public IReadOnlyList<StoredKey> Revoked { get; } = revoked;

        public IReadOnlyList<SigningKey> Keys { get; } = keys;

        public FrozenDictionary<string, SigningKey> ById { get; } = keys.ToFrozenDictionary(
            key => key.Id, StringComparer.Ordinal);

        public SigningKey Active { get; } = keys.Last(key => key.Row.State is KeyState.Active);

        public JwksDocument Jwks { get; } = new(keys);

        public IReadOnlyDictionary<byte, byte[]> RefreshKeys { get; } = refreshKeys;

        public byte CurrentRefreshKeyId { get; } = refreshKeys.Keys.Max();
    }
}
