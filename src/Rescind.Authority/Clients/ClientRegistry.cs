using System.Collections.Frozen;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Clients;

/// <summary>The API clients, in memory; a right is granted after the store has it. Safe for concurrent use.</summary>
internal sealed class ClientRegistry(IRegistryStore store) : IDisposable
{
    /// <summary>The public client that sessions are started for unless another is named.</summary>
    public const string DefaultClientId = "web";

    // One writer at a time, so that memory and store change in one order.
    private readonly SemaphoreSlim _writing = new(1, 1);
    private FrozenDictionary<string, ClientRecord> _clients = FrozenDictionary<string, ClientRecord>.Empty;

    public IReadOnlyCollection<ClientRecord> All => Volatile.Read(ref _clients).Values;

    public ClientRecord? Find(string clientId) => Volatile.Read(ref _clients).GetValueOrDefault(clientId);

    public bool Has(string clientId) => Find(clientId) is not null;

    /// <summary>Takes what the store held at start.</summary>
    public void Load(IEnumerable<ClientRecord> clients) =>
        Volatile.Write(ref _clients, clients.ToFrozenDictionary(c => c.ClientId, StringComparer.Ordinal));

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
        InTurnAsync(() => ReplaceAsync(clientId, change, audit, endTokens: null), cancellationToken);

    /// <summary>
    /// Gives a confidential client another secret. The old one goes on being taken until the second
    /// <paramref name="keepOldUntil"/>; without that it is no good before <paramref name="endTokens"/> runs, so that
    /// nobody gets a token by it after that. The client's new record.
    /// </summary>
    public Task<Result<ClientRecord>> ReplaceSecretAsync(
        string clientId, byte[] hash, long? keepOldUntil, AuditContext audit, Func<Task> endTokens,
        CancellationToken cancellationToken)
    {
        return InTurnAsync(
            () => ReplaceAsync(clientId, Replace, audit, keepOldUntil is null ? endTokens : null), cancellationToken);

        Result<ClientRecord> Replace(ClientRecord record) => record is { Kind: ClientKind.Confidential, SecretHash: { } old }
            ? Result<ClientRecord>.Of(
                record with { SecretHash = hash, OldSecret = keepOldUntil is { } until ? new(old, until) : null })
            : Result<ClientRecord>.Refused(Errors.InvalidClient.Refusal("A public client has no secret."));
    }

    /// <summary>
    /// Removes a client, unless <paramref name="validate"/> refuses it; the refusal, or null once it is removed. It is
    /// gone from memory before <paramref name="endTokens"/> runs, so that none is made after that, and from the store
    /// at last: whoever later takes the name inherits nothing.
    /// </summary>
    public Task<Refusal?> RemoveAsync(
        string clientId, Func<ClientRecord, Refusal?> validate, AuditContext audit, Func<Task> endTokens,
        CancellationToken cancellationToken) =>
        InTurnAsync(() => RemoveAsync(clientId, validate, audit, endTokens), cancellationToken);

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
        if (Has(record.ClientId))
        {
            return false;
        }

        await endFormer().ConfigureAwait(false);
        await store.SaveClientAsync(new(record.ClientId, record), from: null, audit, CancellationToken.None).ConfigureAwait(false);
        Load(All.Append(record));
        return true;
    }

    private async Task<Result<ClientRecord>> ReplaceAsync(
        string clientId, Func<ClientRecord, Result<ClientRecord>> change, AuditContext audit, Func<Task>? endTokens)
    {
        if (Find(clientId) is not { } record)
        {
            return Result<ClientRecord>.Refused(Errors.ClientNotFound.Refusal());
        }

        var changed = change(record);
        if (changed.HasValue)
        {
            await ReplaceAsync(record, changed.Value, audit, endTokens).ConfigureAwait(false);
        }

        return changed;
    }

    private async Task<Refusal?> RemoveAsync(
        string clientId, Func<ClientRecord, Refusal?> validate, AuditContext audit, Func<Task> endTokens)
    {
        if (Find(clientId) is not { } record)
        {
            return Errors.ClientNotFound.Refusal();
        }

        if (validate(record) is { } refusal)
        {
            return refusal;
        }

        await ReplaceAsync(record, null, audit, endTokens).ConfigureAwait(false);
        return null;
    }

    // In the store before memory; where tokens end, in memory before they do. Nowhere if either fails.
    private async Task ReplaceAsync(ClientRecord record, ClientRecord? replaced, AuditContext audit, Func<Task>? endTokens)
    {
        var before = All;
        var after = before.Where(client => client != record).Concat(replaced is null ? [] : [replaced]).ToList();
        try
        {
            if (endTokens is not null)
            {
                Load(after);
                await endTokens().ConfigureAwait(false);
            }

            await store.SaveClientAsync(new(record.ClientId, replaced), from: null, audit, CancellationToken.None)
                .ConfigureAwait(false);
            Load(after);
        }
        catch
        {
            Load(before);
            throw;
        }
    }
}
