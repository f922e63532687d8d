namespace Rescind.StoreContract;

/// <summary>Changes of the registry that rest on nothing that was read before.</summary>
internal static class RegistryCalls
{
    public static Task<long?> SaveKeysAsync(
        this IRegistryStore registry, IReadOnlyList<StoredKey> keys, AuditContext audit, CancellationToken cancellationToken) =>
        registry.SaveKeysAsync(keys, from: null, audit, cancellationToken);

    public static Task<long?> SaveClientAsync(
        this IRegistryStore registry, string clientId, ClientRecord? record, AuditContext audit,
        CancellationToken cancellationToken) =>
        registry.SaveClientAsync(new(clientId, record), from: null, audit, cancellationToken);
}
