using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Keys;

/// <summary>
/// The Authority's keys: one that signs, one announced to be next, those retired whose tokens may still live, and the
/// server keys of refresh tokens. Each change is one transaction of the store, which also puts it into the log; what
/// another node changed meanwhile is taken, and the change decided again. Readers see whole generations of the ring and
/// never lock. Until <see cref="StartAsync"/> it holds nothing and every use throws.
/// </summary>
internal sealed class KeyRing : IRegistryPart, IDisposable
{
    private const int RefreshKeyBytes = 32;

    private static readonly AuditContext Self = new("system", null, null);

    private readonly NodeRegistry _registry;
    private readonly MasterKeySource _masterSource;
    private readonly KeyPolicy _policy;
    private readonly SteadyClock _clock;
    private readonly TimeProvider _time;
    private readonly Entropy _entropy;

    // Held while the ring changes: one change at a time.
    private readonly SemaphoreSlim _changing = new(1, 1);

    // Held while memory changes: a newer version is never replaced by an older one.
    private readonly Lock _publishing = new();
    private volatile KeyGeneration? _generation;
    private MasterKey? _master;

    public KeyRing(
        NodeRegistry registry, MasterKeySource masterSource, KeyPolicy policy, SteadyClock clock, TimeProvider time,
        Entropy entropy)
    {
        (_registry, _masterSource, _policy, _clock, _time, _entropy) = (registry, masterSource, policy, clock, time, entropy);
        registry.Add(this);
    }

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

    /// <inheritdoc/>
    public long Version => _generation?.Version ?? -1;

    private KeyGeneration Present => _generation ?? throw new InvalidOperationException("The key ring has not been started.");

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>The key of a <c>kid</c>, or null.</summary>
    public SigningKey? Find(string kid) => Present.ById.GetValueOrDefault(kid);

    /// <summary>The 32 bytes of a refresh server key, or nothing.</summary>
    public ReadOnlySpan<byte> FindRefreshKey(byte id) => Present.RefreshKeys.GetValueOrDefault(id);

    /// <summary>
    /// Opens what the store holds, and makes what is missing: at the first start the first keys. Throws
    /// <see cref="MasterKeyException"/> if the master key is not the one that the rows were sealed under,
    /// <see cref="StoreUnavailableException"/> if nothing could be saved.
    /// </summary>
    /// <param name="registry">What the store holds.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public async Task StartAsync(Registry registry, CancellationToken cancellationToken)
    {
        for (var attempt = 1; !await TryStartAsync(registry, cancellationToken).ConfigureAwait(false); attempt++)
        {
            NodeRegistry.RequireFurther(attempt);
            registry = await _registry.Store.LoadAsync(cancellationToken).ConfigureAwait(false);
        }

        await MaintainAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Take(Registry registry)
    {
        // What is not started takes what it is started with.
        if (_generation is { } present && registry.Version > present.Version)
        {
            Publish(present.Replaced(registry, _master!));
        }
    }

    /// <inheritdoc/>
    public void Skip(long from, long to)
    {
        lock (_publishing)
        {
            _generation = _generation is { } present && present.Version == from ? present.Of(to) : _generation;
        }
    }

    /// <summary>
    /// Does what is due: removes retired keys that no living token needs, announces a missing next key, rotates at the
    /// end of the active period.
    /// </summary>
    public Task MaintainAsync(CancellationToken cancellationToken) => ChangeAsync(present =>
    {
        // What is due waits for a clock that is believed: a secret that is gone does not come back.
        var believed = _clock.Believed.ToUnixTimeSeconds();
        var next = present.Keys.LastOrDefault(
            key => key.Row.State is KeyState.Next && key.Row.Algorithm == _policy.Algorithm);
        var changed = present.Keys.Where(key => IsOver(key, next, believed)).Select(key => Gone(key)).ToList();
        if (next is null)
        {
            changed.Add(SigningKey.Create(_policy.Algorithm, _master!, Now));
        }
        else if (believed >= present.Active.Row.ActiveFrom + (long)_policy.ActivePeriod.TotalSeconds
            && believed >= next.Row.CreatedAt + (long)KeyPolicy.Announced.TotalSeconds)
        {
            changed.AddRange(Rotated(present, next, Now));
        }

        return changed;
    }, Self, cancellationToken);

    /// <summary>
    /// Lets the next key sign from now on, whatever its age; the present one retires and a new next one is announced.
    /// </summary>
    public Task RotateAsync(AuditContext audit, CancellationToken cancellationToken) =>
        ChangeAsync(present => Rotated(present, present.Next, Now), audit, cancellationToken);

    /// <summary>
    /// The rows by which no key of <paramref name="registry"/> signs or verifies any more, and new ones do. The server keys of
    /// refresh tokens stay. Throws before the start.
    /// </summary>
    public IReadOnlyList<StoredKey> Replacing(Registry registry)
    {
        var master = _master ?? throw new InvalidOperationException("The key ring has not been started.");
        return
        [
            .. registry.Keys.Where(static row => row.State is not (KeyState.Refresh or KeyState.Revoked) && !row.Sealed.IsEmpty)
                .Select(static row => Gone(row)),
            .. FirstKeys(master).Select(static key => key.Row),
        ];
    }

    /// <summary>
    /// Lets a key die with the act that <paramref name="append"/> appends, in its transaction: it leaves the key set,
    /// and if it was the one that signs or the one announced, the next takes its place at once. Of a key that is not
    /// here only the act is appended.
    /// </summary>
    public async Task<RevokeOutcome> RevokeAsync(
        string kid, Func<IReadOnlyList<StoredKey>, long, Task<RevokeOutcome>> append, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (outcome, from) = await TryRevokeAsync(kid, append, cancellationToken).ConfigureAwait(false);
            if (outcome.Result is not RevokeResult.RegistryMoved)
            {
                return outcome;
            }

            await _registry.DecideAgainAsync(from, attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    private bool IsOver(SigningKey key, SigningKey? next, long now) => key.Row.State switch
    {
        KeyState.Next => key != next,
        KeyState.Retired => now >= key.Row.RetiredAt + (long)_policy.RetiredPeriod.TotalSeconds,
        _ => false,
    };

    private static SigningKey Gone(SigningKey key, KeyState state = KeyState.Retired) => key.In(Gone(key.Row, state));

    // The row stays, so that its id is never used again; the secret goes.
    private static StoredKey Gone(StoredKey row, KeyState state = KeyState.Retired) =>
        row with { State = state, Sealed = ReadOnlyMemory<byte>.Empty, PublicJwk = null };

    // One that signs, and one that is announced.
    private IEnumerable<SigningKey> FirstKeys(MasterKey master)
    {
        var first = SigningKey.Create(_policy.Algorithm, master, Now);
        return
        [
            first.In(first.Row with { State = KeyState.Active, ActiveFrom = Now }),
            SigningKey.Create(_policy.Algorithm, master, Now),
        ];
    }

    private IReadOnlyList<SigningKey> Without(KeyGeneration present, SigningKey key, long now)
    {
        var dead = Gone(key.In(key.Row with { RetiredAt = key.Row.RetiredAt ?? now }), KeyState.Revoked);
        return key.Row.State switch
        {
            KeyState.Active => [dead, .. Rotated(present, present.Next, now).Skip(1)],
            KeyState.Next => [dead, SigningKey.Create(_policy.Algorithm, _master!, now)],
            _ => [dead],
        };
    }

    private IReadOnlyList<SigningKey> Rotated(KeyGeneration present, SigningKey next, long now) =>
    [
        present.Active.In(present.Active.Row with { State = KeyState.Retired, RetiredAt = now }),
        next.In(next.Row with { State = KeyState.Active, ActiveFrom = now }),
        SigningKey.Create(_policy.Algorithm, _master!, now),
    ];

    // False if others have changed the registry since.
    private async Task<bool> TryStartAsync(Registry registry, CancellationToken cancellationToken)
    {
        var rows = registry.Keys;
        _master = _masterSource.Load(mayCreate: rows.All(row => row.Sealed.IsEmpty));
        var opened = KeyGeneration.Open(registry, _master);
        var (keys, refreshKeys, made) = (opened.Keys.ToList(), opened.RefreshKeys.ToDictionary(), new List<StoredKey>());
        if (registry.Restored)
        {
            // Nobody knows what was signed.
            made.AddRange(keys.Select(key => Gone(key).Row));
            keys.Clear();
        }

        if (refreshKeys.Count == 0)
        {
            made.Add(MakeRefreshKey(refreshKeys));
        }

        if (!keys.Exists(key => key.Row.State is KeyState.Active))
        {
            keys.AddRange(FirstKeys(_master));
            made.AddRange(keys.Select(key => key.Row));
        }

        var version = made.Count > 0
            ? await _registry.Store.SaveKeysAsync(made, registry.Version, Self, cancellationToken).ConfigureAwait(false)
            : registry.Version;
        if (version is { } saved)
        {
            _generation = new(keys, refreshKeys, opened.Revoked, saved);
            _registry.Changed(this, registry.Version, saved);
        }

        return version is not null;
    }

    private async Task<(RevokeOutcome Outcome, long From)> TryRevokeAsync(
        string kid, Func<IReadOnlyList<StoredKey>, long, Task<RevokeOutcome>> append, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var present = Present;
            IReadOnlyList<SigningKey> changed = present.ById.GetValueOrDefault(kid) is { } key ? Without(present, key, Now) : [];
            var outcome = await append([.. changed.Select(other => other.Row)], present.Version).ConfigureAwait(false);
            if (outcome.Result is RevokeResult.Appended && changed.Count > 0)
            {
                Publish(present, changed, outcome.Registry);
            }

            return (outcome, present.Version);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task ChangeAsync(
        Func<KeyGeneration, IReadOnlyList<SigningKey>> change, AuditContext audit, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (isDone, from) = await TryChangeAsync(change, audit, cancellationToken).ConfigureAwait(false);
            if (isDone)
            {
                return;
            }

            await _registry.DecideAgainAsync(from, attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(bool IsDone, long From)> TryChangeAsync(
        Func<KeyGeneration, IReadOnlyList<SigningKey>> change, AuditContext audit, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var present = Present;
            var changed = change(present);
            if (changed.Count == 0)
            {
                return (true, present.Version);
            }

            var saved = await _registry.Store.SaveKeysAsync(
                [.. changed.Select(key => key.Row)], present.Version, audit, cancellationToken).ConfigureAwait(false);
            if (saved is { } version)
            {
                Publish(present, changed, version);
            }

            return (saved is not null, present.Version);
        }
        finally
        {
            _changing.Release();
        }
    }

    private void Publish(KeyGeneration before, IReadOnlyList<SigningKey> changed, long version)
    {
        Publish(before.With(changed, version));
        _registry.Changed(this, before.Version, version);
    }

    private void Publish(KeyGeneration newer)
    {
        lock (_publishing)
        {
            _generation = newer.Version > Version ? newer : _generation;
        }
    }

    private StoredKey MakeRefreshKey(Dictionary<byte, byte[]> refreshKeys)
    {
        var key = new byte[RefreshKeyBytes];
        _entropy.Fill(key);
        refreshKeys.Add(1, key);
        return new("1", KeyGeneration.RefreshAlgorithm, KeyState.Refresh, _master!.Seal("1", key), null, Now, null, null);
    }
}
