using Rescind.Authority.Decisions;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Marks a schema that no node uses as an older copy that was put back, in one transaction: another epoch, every own session
/// ended, every key gone. The next start makes new keys.
/// </summary>
internal sealed class PostgresRestore(PostgresStoreOptions options, TimeProvider time, Entropy entropy)
{
    /// <summary>Whoever has sent no pulse for so long does not run.</summary>
    private const long PulseSeconds = 3;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Marks it. Throws <see cref="StoreUnavailableException"/> with a sentence, and everything is as it was, unless that says
    /// that the outcome is not known.
    /// </summary>
    /// <param name="issuer">What the issuer must be; null if any will do.</param>
    /// <param name="audit">Who restores.</param>
    public async Task<RestoreResult> RunAsync(string? issuer, AuditContext audit)
    {
        var database = PostgresDatabase.Of(options);
        await using (database.ConfigureAwait(false))
        {
            var link = await database.OpenAsync().ConfigureAwait(false);
            try
            {
                await PostgresDatabase.RequireSettingsAsync(link, options.Schema).ConfigureAwait(false);
                await PostgresDatabase.RequireDurableAsync(link).ConfigureAwait(false);
                var recorded = await FindIssuerAsync(link, options.Schema).ConfigureAwait(false);
                if (issuer is not null && issuer != recorded)
                {
                    throw new StoreUnavailableException(
                        Errors.OtherIssuer.Sentence($"The schema {options.Schema} is of {recorded}, not of {issuer}."));
                }

                await PostgresSchema.UpgradeAsync(link, options).ConfigureAwait(false);
                await RequireStoppedAsync(link).ConfigureAwait(false);
                return await BeginAgainAsync(link, options with { Issuer = recorded }, audit).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                await link.DropAsync().ConfigureAwait(false);
                throw PostgresFailure.Of(e);
            }
        }
    }

    /// <summary>The issuer of the first start; throws <see cref="StoreUnavailableException"/> where none ever started.</summary>
    public static async Task<string> FindIssuerAsync(PostgresLink link, string schema)
    {
        if (await link.HasAsync(new($"select 1 where to_regclass('{schema}.head') is not null")).ConfigureAwait(false)
            && await link.FindAsync(new("select issuer from head"), static row => row.Text()).ConfigureAwait(false) is { } issuer)
        {
            return issuer;
        }

        throw new StoreUnavailableException(Errors.BackupUnusable.Sentence(
            $"The schema {schema} of the database holds no Authority."));
    }

    // A copy holds the last pulses of the nodes that ran when it was made, perhaps a second ago or by a clock that is ahead:
    // what tells that a node runs is another pulse.
    private async Task RequireStoppedAsync(PostgresLink link)
    {
        if (!await link.HasAsync(PostgresNodes.PulsedWithin(PulseSeconds)).ConfigureAwait(false))
        {
            return;
        }

        var (pulses, began) = (await SumPulsesAsync(link).ConfigureAwait(false), time.GetTimestamp());
        while (time.GetElapsedTime(began).TotalSeconds < PulseSeconds)
        {
            await Task.Delay(LookInterval, time).ConfigureAwait(false);
            if (await SumPulsesAsync(link).ConfigureAwait(false) != pulses)
            {
                throw new StoreUnavailableException(Errors.DataInUse.Sentence("A node runs on the schema."));
            }
        }
    }

    private static Task<long> SumPulsesAsync(PostgresLink link) =>
        link.FindAsync(PostgresNodes.SumOfPulses, static row => row.Int64());

    private async Task<RestoreResult> BeginAgainAsync(PostgresLink link, PostgresStoreOptions own, AuditContext audit)
    {
        var opened = await PostgresEpoch.BeginAsync(link, own, entropy).ConfigureAwait(false);
        var node = new PostgresNode(own, time, opened);
        var transaction = await PostgresTransaction.BeginAsync(node, link, isHolding: true).ConfigureAwait(false);
        var newest = transaction.Head;
        var sessions = await CountLivingAsync(link, transaction.Second).ConfigureAwait(false);
        transaction.BeginAnother(entropy.NextId());
        link.Add("update head set restored = true");
        link.Add(PostgresEpoch.SaveStart(node.Start.At(transaction.Second)));
        link.Add("delete from nodes");
        link.Add("delete from leases");
        await EndAll.RunAsync(transaction, own.Issuer, "an older copy was put back", audit).ConfigureAwait(false);
        await ForgetKeysAsync(transaction, audit).ConfigureAwait(false);
        transaction.Audit(new(
            null, "restored", audit, new(Reason: $"from a copy whose log ended at {newest.Position.Value}")));
        await transaction.FlushAsync().ConfigureAwait(false);
        await link.CommitAsync(own.CommitPatience).ConfigureAwait(false);
        await link.DisposeAsync().ConfigureAwait(false);
        return new()
        {
            Issuer = own.Issuer, Epoch = transaction.Head.Epoch, Position = transaction.Head.Position,
            BackupPosition = newest.Position, BackupTime = DateTimeOffset.FromUnixTimeSeconds(newest.At),
            EndedSessions = sessions,
        };
    }

    // Nobody knows what was signed or derived since, or by whom; and what they are sealed under may be lost.
    private static async Task ForgetKeysAsync(PostgresTransaction transaction, AuditContext audit)
    {
        transaction.Link.Add(
            new PostgresStatement("delete from keys where state = $1").Bind((long)KeyState.Refresh));
        var keys = await PostgresRegistryRows.KeysAsync(transaction.Link).ConfigureAwait(false);
        var gone = keys.Where(static key => key.State is not KeyState.Revoked && !key.Sealed.IsEmpty).Select(key => key with
        {
            State = KeyState.Retired, RetiredAt = key.RetiredAt ?? transaction.Second, Sealed = default, PublicJwk = null,
        });
        await transaction.DecideAsync(new SaveKeysDecision([.. gone], from: null, audit, settlesRestore: false))
            .ConfigureAwait(false);
    }

    private static Task<long> CountLivingAsync(PostgresLink link, long second) => link.FindAsync(
        new PostgresStatement(
            "select count(*) from sessions where ended_by is null and idle_expires_at > $1 and expires_at > $1").Bind(second),
        static row => row.Int64());
}
