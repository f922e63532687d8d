using Microsoft.Extensions.Configuration;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Keys;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;

namespace Rescind.Authority;

/// <summary>
/// What is done to the data of an Authority that is stopped: lifting a revocation that has locked out everybody who could
/// lift it, accepting the present time after a clock was ahead, and restoring a backup. The lock of the data directory is
/// held meanwhile, so no server can run beside it. Whoever may write there, beside the master key, decides already.
/// </summary>
public static class BreakGlass
{
    /// <summary>
    /// Lifts a revocation in <paramref name="dataDirectory"/>. Durable when it returns; the server has it at its next
    /// start. Throws <see cref="RevocationRefusedException"/> if there is no such revocation or it cannot be lifted,
    /// <see cref="InvalidOperationException"/> with a sentence for operators if a server runs on the data or the data
    /// cannot be used.
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

    /// <summary>
    /// Accepts the present time for data whose log is ahead of it, because the clock was wrong for a while: begins a
    /// new epoch of the log, and dates what is from the future at this moment. Nobody is logged out. Durable when it
    /// returns. Throws <see cref="InvalidOperationException"/> with a sentence for operators if the log is not ahead, a
    /// server runs on the data or the data cannot be used.
    /// </summary>
    /// <param name="dataDirectory">The data directory, with <c>rescind.db</c> in it.</param>
    /// <param name="actor">Who acts, for the audit trail: <c>local:&lt;account&gt;</c>.</param>
    /// <param name="cancellationToken">Ends the waiting, not what was begun.</param>
    public static Task<AcceptedTime> AcceptTimeAsync(
        string dataDirectory, string actor, CancellationToken cancellationToken = default) =>
        AcceptTimeAsync(dataDirectory, actor, TimeProvider.System, cancellationToken);

    internal static async Task<AcceptedTime> AcceptTimeAsync(
        string dataDirectory, string actor, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(dataDirectory);
        ArgumentException.ThrowIfNullOrEmpty(actor);
        try
        {
            var store = SqliteStore.OpenRecorded(Path.GetFullPath(dataDirectory), time, Entropy.System);
            await using (store.ConfigureAwait(false))
            {
                return await store.AcceptTimeAsync(new(actor, null, null), Entropy.System, cancellationToken)
                    .ConfigureAwait(false);
            }
        }
        catch (StoreUnavailableException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }

    /// <summary>
    /// Restores a backup, or a copy of the data that was put in place by hand: begins a new epoch of the log, ends every
    /// own session, removes every key, and lets access tokens of foreign issuers be renewed. A master key is made where
    /// none is configured and none is there. Durable when it returns. Throws <see cref="InvalidOperationException"/> with a
    /// sentence for operators if a server runs on the data, the backup is not whole, of a later version or of another
    /// issuer than the one that is configured, or a database is there and may not be replaced.
    /// </summary>
    /// <param name="backupFile">What <c>rescind backup</c> has written.</param>
    /// <param name="dataDirectory">The data directory; it is made if it is not there.</param>
    /// <param name="actor">Who acts, for the audit trail: <c>local:&lt;account&gt;</c>.</param>
    /// <param name="replace">
    /// Whether a database that is there may be moved aside; <see cref="RestoreResult.KeptAs"/> says where to.
    /// </param>
    public static RestoreResult Restore(string backupFile, string dataDirectory, string actor, bool replace = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(backupFile);
        ArgumentException.ThrowIfNullOrEmpty(dataDirectory);
        ArgumentException.ThrowIfNullOrEmpty(actor);
        var (backup, folder) = (Path.GetFullPath(backupFile), Path.GetFullPath(dataDirectory));
        try
        {
            if (!File.Exists(backup))
            {
                throw new StoreUnavailableException(Errors.BackupUnusable.Sentence($"There is no file {backup}."));
            }

            var settings = SettingsOf(folder);
            using var files = new SqliteFiles(folder, SqliteStoreOptions.DefaultFileName);
            var master = new MasterKeySource(settings["MasterKey"], settings["MasterKeyFile"], folder, Entropy.System);
            var lacksMasterKey = master.IsMissing;
            if (!lacksMasterKey)
            {
                master.Load(mayCreate: false);
            }

            var result = new SqliteRestore(files, TimeProvider.System, Entropy.System)
                .Run(backup, settings["Issuer"], replace, new(actor, null, null));
            master.Load(mayCreate: true);
            return result with { MadeMasterKey = lacksMasterKey };
        }
        catch (Exception e) when (SqliteFailure.Of(e, backup) is StoreUnavailableException or MasterKeyException)
        {
            throw new InvalidOperationException(SqliteFailure.Of(e, backup).Message, e);
        }
    }

    // As the server reads them, but for its command line.
    private static IConfigurationSection SettingsOf(string folder)
    {
        try
        {
            return new ConfigurationBuilder().AddJsonFile(Path.Combine(folder, AuthorityServer.SettingsFile), optional: true)
                .AddEnvironmentVariables().Build().GetSection(AuthorityOptions.Section);
        }
        catch (InvalidDataException e)
        {
            throw new StoreUnavailableException(Errors.InvalidOptions.Sentence(e.Message), e);
        }
    }
}
