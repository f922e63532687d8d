using System.Collections.Frozen;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Clients;

/// <summary>
/// Records a change of a client together with the act that ends its tokens, if the registry is at a version; the version
/// then, or null if it was not and nothing is recorded.
/// </summary>
internal delegate Task<long?> EndingChange(ClientChange change, long from);

/// <summary>
/// The API clients, in memory; a right is granted after the store has it. What another node changed meanwhile is taken,
/// and the change decided again. Safe for concurrent use.
/// </summary>
internal sealed class ClientRegistry : IRegistryPart, IDisposable
{
    /// <summary>The public client that sessions are started for unless another is named.</summary>
    public const string DefaultClientId = "web";

    private readonly NodeRegistry _registry;

    // One change at a time, so that each is decided on what the one before it left.
    private readonly SemaphoreSlim _writing = new(1, 1);

    // Held while memory changes: a newer version is never replaced by an older one.
    private readonly Lock _publishing = new();
    private volatile Known _known = new(FrozenDictionary<string, ClientRecord>.Empty, Version: -1);

    public ClientRegistry(NodeRegistry registry)
    {
        _registry = registry;
        registry.Add(this);
    }

    public IReadOnlyCollection<ClientRecord> All => _known.Clients.Values;

    /// <inheritdoc/>
    public long Version => _known.Version;

    public ClientRecord? Find(string clientId) => _known.Clients.GetValueOrDefault(clientId);

    public bool Has(string clientId) => Find(clientId) is not null;

    /// <inheritdoc/>
    public void Take(Registry registry) => Take(Known.Of(registry.Clients, registry.Version));

    /// <inheritdoc/>
    public void Skip(long from, long to)
    {
        lock (_publishing)
        {
            _known = _known.Version == from ? _known with { Version = to } : _known;
        }
    }

    /// <summary>Registers a client; false if there is one of that name.</summary>
    public Task<bool> AddAsync(ClientRecord record, AuditContext audit, CancellationToken cancellationToken) =>
        AddAsync(record, audit, static () => Task.CompletedTask, cancellationToken);

    /// <summary>
    /// Registers a client, once <paramref name="endFormer"/> has ended what an earlier client of its name left; false
    /// if there is one of that name.
    /// </summary>
    public Task<bool> AddAsync(
        ClientRecord record, AuditContext audit, Func<Task> endFormer, CancellationToken cancellationToken) =>
        InTurnAsync(() => AddAsync(record, audit, endFormer), cancellationToken);

    /// <summary>Replaces a client's record by what <paramref name="change"/> makes of it, or says why it does not.</summary>
    public Task<Result<ClientRecord>> ChangeAsync(
        string clientId, Func<ClientRecord, Result<ClientRecord>> change, AuditContext audit,
        CancellationToken cancellationToken) =>
        InTurnAsync(() => ReplaceAsync(clientId, record => Replaced(change(record)), audit, endTokens: null), cancellationToken);

    /// <summary>
    /// Gives a confidential client another secret. The old one goes on being taken until the second
    /// <paramref name="keepOldUntil"/>; without that it is no good before <paramref name="endTokens"/> runs, so that
    /// nobody gets a token by it after that. The client's new record.
    /// </summary>
    public Task<Result<ClientRecord>> ReplaceSecretAsync(
        string clientId, byte[] hash, long? keepOldUntil, AuditContext audit, EndingChange endTokens,
        CancellationToken cancellationToken)
    {
        return InTurnAsync(
            () => ReplaceAsync(clientId, Replace, audit, keepOldUntil is null ? endTokens : null), cancellationToken);

        Result<ClientChange> Replace(ClientRecord record) => record is { Kind: ClientKind.Confidential, SecretHash: { } old }
            ? Result<ClientChange>.Of(new(
                clientId, record with { SecretHash = hash, OldSecret = keepOldUntil is { } until ? new(old, until) : null }))
            : Result<ClientChange>.Refused(Errors.InvalidClient.Refusal("A public client has no secret."));
    }

    /// <summary>
    /// Removes a client, unless <paramref name="validate"/> refuses it; the refusal, or null once it is removed. It is
    /// gone from memory before <paramref name="endTokens"/> runs, so that none is made after that, and from the store
    /// with the act itself: whoever later takes the name inherits nothing.
    /// </summary>
    public async Task<Refusal?> RemoveAsync(
        string clientId, Func<ClientRecord, Refusal?> validate, AuditContext audit, EndingChange endTokens,
        CancellationToken cancellationToken)
    {
        var removed = await InTurnAsync(() => ReplaceAsync(clientId, Remove, audit, endTokens), cancellationToken)
            .ConfigureAwait(false);
        return removed.HasValue ? null : removed.Refusal;

        Result<ClientChange> Remove(ClientRecord record) => validate(record) is { } refusal
            ? Result<ClientChange>.Refused(refusal)
            : Result<ClientChange>.Of(new(clientId, null));
    }

    /// <summary>
    /// Runs <paramref name="change"/> while nobody changes a client. Once begun it is finished, whether its caller waits or not.
    /// </summary>
    public async Task<T> InTurnAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await change().ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => _writing.Dispose();

    private async Task<bool> AddAsync(ClientRecord record, AuditContext audit, Func<Task> endFormer)
    {
        for (var attempt = 1; ; attempt++)
        {
            var known = _known;
            if (known.Clients.ContainsKey(record.ClientId))
            {
                return false;
            }

            await endFormer().ConfigureAwait(false);
            if (await SaveAsync(known, new(record.ClientId, record), audit, endTokens: null).ConfigureAwait(false))
            {
                return true;
            }

            await _registry.DecideAgainAsync(known.Version, attempt, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // The client's record then; for one that is removed its last.
    private async Task<Result<ClientRecord>> ReplaceAsync(
        string clientId, Func<ClientRecord, Result<ClientChange>> change, AuditContext audit, EndingChange? endTokens)
    {
        for (var attempt = 1; ; attempt++)
        {
            var known = _known;
            if (known.Clients.GetValueOrDefault(clientId) is not { } record)
            {
                return Result<ClientRecord>.Refused(Errors.ClientNotFound.Refusal());
            }

            var changed = change(record);
            if (!changed.HasValue)
            {
                return Result<ClientRecord>.Refused(changed.Refusal);
            }

            if (await SaveAsync(known, changed.Value, audit, endTokens).ConfigureAwait(false))
            {
                return Result<ClientRecord>.Of(changed.Value.Record ?? record);
            }

            await _registry.DecideAgainAsync(known.Version, attempt, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // In the store before memory; where tokens end, in memory before they do. Nowhere if either fails.
    private async Task<bool> SaveAsync(Known known, ClientChange change, AuditContext audit, EndingChange? endTokens)
    {
        var after = known.With(change);
        try
        {
            if (endTokens is not null)
            {
                Exchange(known, after);
            }

            var version = endTokens is null
                ? await _registry.Store.SaveClientAsync(change, known.Version, audit, CancellationToken.None)
                    .ConfigureAwait(false)
                : await endTokens(change, known.Version).ConfigureAwait(false);
            if (version is { } saved)
            {
                Take(after with { Version = saved });
                _registry.Changed(this, known.Version, saved);
            }
            else
            {
                Exchange(after, known);
            }

            return version is not null;
        }
        catch
        {
            Exchange(after, known);
            throw;
        }
    }

    private void Take(Known newer)
    {
        lock (_publishing)
        {
            _known = newer.Version > _known.Version ? newer : _known;
        }
    }

    private void Exchange(Known expected, Known other)
    {
        lock (_publishing)
        {
            _known = _known == expected ? other : _known;
        }
    }

    private static Result<ClientChange> Replaced(Result<ClientRecord> changed) => changed.HasValue
        ? Result<ClientChange>.Of(new(changed.Value.ClientId, changed.Value))
        : Result<ClientChange>.Refused(changed.Refusal);

    /// <summary>The clients of one version of the registry.</summary>
    private sealed record Known(FrozenDictionary<string, ClientRecord> Clients, long Version)
    {
        public static Known Of(IEnumerable<ClientRecord> clients, long version) =>
            new(clients.ToFrozenDictionary(static client => client.ClientId, StringComparer.Ordinal), version);

        public Known With(ClientChange change) => Of(
            Clients.Values.Where(client => client.ClientId != change.ClientId)
                .Concat(change.Record is { } record ? [record] : []),
            Version);
    }
}
