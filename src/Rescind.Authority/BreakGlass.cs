using Rescind.Authority.Diagnostics;
using Rescind.Authority.Endpoints;
using Rescind.Authority.Revoking;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;

namespace Rescind.Authority;

/// <summary>
/// The way back in when a revocation has locked out everybody who could lift it: opens the data of an Authority that is stopped. The lock of
/// the data directory is held meanwhile, so no server can run beside it. Whoever may write there, beside the master key, decides already.
/// </summary>
public static class BreakGlass
{
    /// <summary>
    /// Lifts a revocation in <paramref name="dataDirectory"/>. Durable when it returns; the server has it at its next start. Throws
    /// <see cref="RevocationRefusedException"/> if there is no such revocation or it cannot be lifted, <see cref="InvalidOperationException"/>
    /// with a sentence for operators if a server runs on the data or the data cannot be used.
    /// </summary>
    /// <param name="dataDirectory">The data directory, with <c>rescind.db</c> in it.</param>
    /// <param name="revocation">The position of the revocation, which is its id.</param>
    /// <param name="actor">Who acts, for the audit trail: <c>local:&lt;account&gt;</c>.</param>
    /// <param name="cancellationToken">Ends the waiting, not the lift.</param>
    public static async Task<Lifted> LiftAsync(
        string dataDirectory, LogPosition revocation, string actor, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(dataDirectory);
        ArgumentException.ThrowIfNullOrEmpty(actor);
        try
        {
            var store = SqliteStore.OpenRecorded(Path.GetFullPath(dataDirectory), TimeProvider.System, Entropy.System);
            await using (store.ConfigureAwait(false))
            {
                var lifted = await Lifting.LiftAsync(store.Revocations, store.Issuer, revocation, new(actor, null, null), cancellationToken)
                    .ConfigureAwait(false);
                return lifted.Value ?? throw RevocationRefusedException.Of(lifted.Refusal);
            }
        }
        catch (StoreUnavailableException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }
}
