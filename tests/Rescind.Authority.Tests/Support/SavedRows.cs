using Rescind.Authority.Clients;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Tests.Support;

/// <summary>Keeps what is saved of verifiers; nothing else is asked of it here.</summary>
internal sealed class SavedRows : IRegistryStore
{
    public List<StoredVerifier> Saved { get; } = [];

    public List<StoredVerifier> Forgotten { get; } = [];

    public List<StoredUncounted> Uncounted { get; } = [];

    /// <summary>Whether nothing can be saved.</summary>
    public bool IsFull { get; set; }

    /// <summary>The most rows that were saved at once.</summary>
    public int Most { get; set; }

    public Task SaveVerifiersAsync(VerifierChanges changes, CancellationToken cancellationToken)
    {
        if (IsFull)
        {
            throw new StoreUnavailableException("The disk is full.");
        }

        Most = Math.Max(Most, Math.Max(changes.Rows.Count, changes.Forgotten.Count));
        Saved.AddRange(changes.Rows);
        Forgotten.AddRange(changes.Forgotten);
        Uncounted.AddRange(changes.Uncounted);
        return Task.CompletedTask;
    }

    public Task<Registry> LoadAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SaveIssuerAsync(IssuerRecord record, AuditContext audit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task RemoveIssuerAsync(string issuer, AuditContext audit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<long?> SaveKeysAsync(
        IReadOnlyList<StoredKey> keys, long? from, AuditContext audit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<long?> SaveClientAsync(
        ClientChange change, long? from, AuditContext audit, CancellationToken cancellationToken) =>
        Task.FromResult<long?>(from + 1);

    public Task<bool> NoteAsync(AuditNote note, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ListPage<AuditEntry>> AuditAsync(AuditQuery query, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
