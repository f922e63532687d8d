using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Memory;

/// <inheritdoc cref="IRegistryStore"/>
internal sealed class MemoryRegistry(MemoryStore store) : IRegistryStore
{
    public Task<Registry> LoadAsync(CancellationToken cancellationToken) => store.ReadAsync(
        data => new Registry(
            data.Head,
            [.. data.Issuers.Values.Where(static issuer => !issuer.IsRemoved).Select(static issuer => issuer.Saved.Record)
                .OrderBy(static record => record.Issuer, StringComparer.Ordinal)],
            [.. data.Keys.Values.Select(static saved => saved.Key).OrderBy(static key => key.CreatedAt)
                .ThenBy(static key => key.Id, StringComparer.Ordinal)],
            [.. data.Clients.Values.Select(static client => client.Record)],
            [.. data.Verifiers.Values])
        {
            Version = data.Registry,
            Restored = data.Restored,
            Uncounted = [.. data.Uncounted.Values],
        },
        cancellationToken);

    public Task SaveIssuerAsync(IssuerRecord record, AuditContext audit, CancellationToken cancellationToken) =>
        store.RunAsync(new SaveIssuerDecision(record, audit), cancellationToken);

    public Task RemoveIssuerAsync(string issuer, AuditContext audit, CancellationToken cancellationToken) =>
        store.RunAsync(new RemoveIssuerDecision(issuer, audit), cancellationToken);

    public Task<long?> SaveKeysAsync(
        IReadOnlyList<StoredKey> keys, long? from, AuditContext audit, CancellationToken cancellationToken) =>
        store.RunAsync(new SaveKeysDecision(keys, from, audit), cancellationToken);

    public async Task<long?> SaveClientAsync(
        ClientChange change, long? from, AuditContext audit, CancellationToken cancellationToken)
    {
        var saved = await store.RunAsync(new SaveClientDecision(change, from, audit), cancellationToken).ConfigureAwait(false);
        if (saved is not null && change.Record is null)
        {
            await ForgetLogoutsAsync(store, change.ClientId, cancellationToken).ConfigureAwait(false);
        }

        return saved;
    }

    public Task SaveVerifiersAsync(VerifierChanges changes, CancellationToken cancellationToken) => store.WriteAsync(
        data =>
        {
            foreach (var forgotten in changes.Forgotten)
            {
                if (data.Verifiers.TryGetValue((forgotten.ClientId, forgotten.Instance), out var known)
                    && known.SeenAt <= forgotten.SeenAt)
                {
                    data.Verifiers.Remove((forgotten.ClientId, forgotten.Instance));
                }
            }

            foreach (var uncounted in changes.Uncounted)
            {
                data.Uncounted[uncounted.ClientId] = uncounted;
            }

            foreach (var verifier in changes.Rows)
            {
                var key = (verifier.ClientId, verifier.Instance);
                var before = data.Verifiers.GetValueOrDefault(key)?.Connections;
                var closed = Math.Max(before?.Closed ?? 0, verifier.Connections?.Closed ?? 0);
                data.Verifiers[key] = verifier with
                {
                    Connections = (verifier.Connections ?? before) is null ? null : new(verifier.Connections?.Live ?? 0, closed),
                };
            }

            return true;
        },
        cancellationToken);

    public Task<bool> NoteAsync(AuditNote note, CancellationToken cancellationToken) =>
        store.RunAsync(new NoteDecision(note), cancellationToken);

    public Task<ListPage<AuditEntry>> AuditAsync(AuditQuery query, CancellationToken cancellationToken) => store.ReadAsync(
        data => PageFill.Cut(
            data.Audit.Values.Where(line => line.Position > query.After
                && (query.Subject is null || line.Subject == query.Subject)
                && (query.SessionId is null || line.SessionId == query.SessionId)
                && (query.Actor is null || line.Actor == query.Actor)),
            query.Limit,
            static line => (line.Position, JsonLength.Of(line))),
        cancellationToken);

    /// <summary>Of a client that is not there.</summary>
    public static Task ForgetLogoutsAsync(MemoryStore store, string clientId, CancellationToken cancellationToken) =>
        store.WriteAsync(data => ForgetLogouts(data, clientId), cancellationToken);

    private static int ForgetLogouts(MemoryData data, string clientId)
    {
        List<long> waiting = data.Clients.ContainsKey(clientId)
            ? [] : [.. data.Logouts.Where(logout => logout.Value.ClientId == clientId).Select(static logout => logout.Key)];
        waiting.ForEach(number => data.Logouts.Remove(number));
        return waiting.Count;
    }
}
