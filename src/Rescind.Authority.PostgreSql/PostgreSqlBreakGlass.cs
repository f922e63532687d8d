using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql;

/// <summary>
/// What is done to the data of an Authority in PostgreSQL beside its nodes: marking a database as an older copy that was put
/// back, and lifting a revocation that has locked out everybody who could lift it. Whoever may write to the schema decides
/// already.
/// </summary>
public static class PostgreSqlBreakGlass
{
    /// <summary>
    /// Marks the schema <c>rescind</c> as an older copy: begins a new epoch of the log, ends every own session, removes every
    /// key, and lets access tokens of foreign issuers be renewed. Durable when it returns. Throws
    /// <see cref="InvalidOperationException"/> with a sentence for operators if a node runs on the schema (where one
    /// has sent a pulse of late, another one is waited for: 3 s), the schema cannot be used, or it is of another issuer.
    /// </summary>
    /// <param name="connectionString">As Npgsql reads it, or a URL: <c>postgres://…</c>.</param>
    /// <param name="actor">Who acts, for the audit trail: <c>local:&lt;account&gt;</c>.</param>
    /// <param name="issuer">What the issuer must be; null if any will do.</param>
    public static async Task<RestoreResult> RestoreAsync(string connectionString, string actor, string? issuer = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        ArgumentException.ThrowIfNullOrEmpty(actor);
        try
        {
            var restore = new PostgresRestore(OptionsOf(connectionString, issuer), TimeProvider.System, Entropy.System);
            return await restore.RunAsync(issuer, new(actor, null, null)).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }

    /// <summary>
    /// Lifts a revocation; nodes that run have it at once. Durable when it returns. Throws
    /// <see cref="RevocationRefusedException"/> if there is no such revocation or it cannot be lifted,
    /// <see cref="InvalidOperationException"/> with a sentence for operators if the schema cannot be used.
    /// </summary>
    /// <param name="connectionString">As Npgsql reads it, or a URL: <c>postgres://…</c>.</param>
    /// <param name="revocation">The position of the revocation, which is its id.</param>
    /// <param name="actor">Who acts, for the audit trail: <c>local:&lt;account&gt;</c>.</param>
    /// <param name="cancellationToken">Ends the waiting, not the lift.</param>
    public static async Task<Lifted> LiftAsync(
        string connectionString, LogPosition revocation, string actor, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        ArgumentException.ThrowIfNullOrEmpty(actor);
        try
        {
            var store = await PostgresStore.OpenRecordedAsync(
                OptionsOf(connectionString, null), TimeProvider.System, Entropy.System).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var lifted = await Lifting.LiftAsync(
                    store.Revocations, store.Issuer, revocation, new(actor, null, null), cancellationToken)
                    .ConfigureAwait(false);
                return lifted.Value ?? throw RevocationRefusedException.Of(lifted.Refusal);
            }
        }
        catch (StoreUnavailableException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }

    private static PostgresStoreOptions OptionsOf(string connectionString, string? issuer) =>
        new() { ConnectionString = connectionString, Issuer = issuer ?? "" };
}
