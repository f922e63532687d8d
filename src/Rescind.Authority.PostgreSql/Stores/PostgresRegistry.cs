using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <inheritdoc cref="IRegistryStore"/>
internal sealed class PostgresRegistry(PostgresWriter writer, PostgresDatabase database) : IRegistryStore
{
    public Task<Registry> LoadAsync(CancellationToken cancellationToken) => database.ReadMomentAsync(
        async link =>
        {
            var head = await PostgresEpoch.FindHeadAsync(link).ConfigureAwait(false);
            return new Registry(
                head.Log,
                await PostgresRegistryRows.IssuersAsync(link).ConfigureAwait(false),
                await PostgresRegistryRows.KeysAsync(link).ConfigureAwait(false),
                await PostgresRegistryRows.ClientsAsync(link).ConfigureAwait(false),
                await PostgresRegistryRows.VerifiersAsync(link).ConfigureAwait(false))
            {
                Version = head.Registry,
                Restored = await link.HasAsync(new("select 1 from head where restored")).ConfigureAwait(false),
                Uncounted = await PostgresRegistryRows.UncountedAsync(link).ConfigureAwait(false),
            };
        },
        cancellationToken);

    public Task SaveIssuerAsync(IssuerRecord record, AuditContext audit, CancellationToken cancellationToken) =>
        writer.RunAsync(new SaveIssuerDecision(record, audit), needsHead: true, cancellationToken);

    public Task RemoveIssuerAsync(string issuer, AuditContext audit, CancellationToken cancellationToken) =>
        writer.RunAsync(new RemoveIssuerDecision(issuer, audit), needsHead: true, cancellationToken);

    public Task<long?> SaveKeysAsync(
        IReadOnlyList<StoredKey> keys, long? from, AuditContext audit, CancellationToken cancellationToken) =>
        writer.RunAsync(new SaveKeysDecision(keys, from, audit), needsHead: true, cancellationToken);

    public async Task<long?> SaveClientAsync(
        ClientChange change, long? from, AuditContext audit, CancellationToken cancellationToken)
    {
        // Before a client gets a name, too: what had it may not have been forgotten to the end.
        if (change.Record is not null)
        {
            await PostgresLogouts.ForgetAsync(writer, change.ClientId, cancellationToken).ConfigureAwait(false);
        }

        var saved = await writer.RunAsync(
            new SaveClientDecision(change, from, audit), needsHead: true, cancellationToken).ConfigureAwait(false);
        if (change.Record is null)
        {
            await PostgresLogouts.ForgetAsync(writer, change.ClientId, cancellationToken).ConfigureAwait(false);
        }

        return saved;
    }

    public Task SaveVerifiersAsync(VerifierChanges changes, CancellationToken cancellationToken) => writer.RunAsync(
        transaction =>
        {
            PostgresRegistryRows.SaveVerifiers(transaction.Link, changes);
            return Task.FromResult(true);
        },
        needsHead: false, cancellationToken);

    public Task<bool> NoteAsync(AuditNote note, CancellationToken cancellationToken) =>
        writer.RunAsync(new NoteDecision(note), needsHead: false, cancellationToken);

    public Task<ListPage<AuditEntry>> AuditAsync(AuditQuery query, CancellationToken cancellationToken) =>
        database.ReadAsync(link => PostgresAuditRows.ListAsync(link, query), cancellationToken);
}
