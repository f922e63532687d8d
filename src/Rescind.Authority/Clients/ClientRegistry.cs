using System.Collections.Frozen;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Clients;

/// <summary>The API clients, in memory; the store is written first. Safe for concurrent use.</summary>
internal sealed class ClientRegistry(IRegistryStore store) : IDisposable
{
    /// <summary>The public client that sessions are started for unless another is named.</summary>
    public const string DefaultClientId = "web";

    // One writer at a time, so that memory and store change in one order.
    private readonly SemaphoreSlim _writing = new(1, 1);
    private FrozenDictionary<string, ClientRecord> _clients = FrozenDictionary<string, ClientRecord>.Empty;

    public IReadOnlyCollection<ClientRecord> All => Volatile.Read(ref _clients).Values;

    public ClientRecord? Find(string clientId) => Volatile.Read(ref _clients).GetValueOrDefault(clientId);

    /// <summary>Takes what the store held at start.</summary>
    public void Load(IEnumerable<ClientRecord> clients) =>
        Volatile.Write(ref _clients, clients.ToFrozenDictionary(c => c.ClientId, StringComparer.Ordinal));

    /// <summary>Registers a client; false if there is one of that name.</summary>
    public Task<bool> AddAsync(ClientRecord record, Origin origin, CancellationToken cancellationToken) =>
        ChangeAsync(record.ClientId, record, origin, cancellationToken);

    /// <summary>Removes a client; false if there is none of that name. Its tokens stop at the next request.</summary>
    public Task<bool> RemoveAsync(string clientId, Origin origin, CancellationToken cancellationToken) =>
        ChangeAsync(clientId, null, origin, cancellationToken);

    public void Dispose() => _writing.Dispose();

    private async Task<bool> ChangeAsync(string clientId, ClientRecord? record, Origin origin, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_clients.ContainsKey(clientId) == record is not null)
            {
                return false;
            }

            await store.SaveClientAsync(clientId, record, origin, cancellationToken).ConfigureAwait(false);
            var others = _clients.Values.Where(c => c.ClientId != clientId);
            Load(record is null ? others : others.Append(record));
            return true;
        }
        finally
        {
            _writing.Release();
        }
    }
}
