using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <inheritdoc cref="IFailoverStore"/>
internal sealed class PostgresFailover(PostgresDatabase database, PostgresStoreOptions options, TimeProvider time)
    : IFailoverStore
{
    /// <summary>More changes of the registry than a failover can have lost: no version is used twice.</summary>
    private const long VersionsLeftOut = 1_000_000;

    public Task<LogHead?> FindEndAsync(string epoch, CancellationToken cancellationToken) => database.ReadAsync<LogHead?>(
        link => link.FindAsync(
            new PostgresStatement("select epoch, position, at, chain from epochs where epoch = $1").Bind(epoch),
            LogRows.ReadHead),
        cancellationToken);

    public Task<int?> BeginEpochAsync(NextEpoch next, CancellationToken cancellationToken) => RunAsync<int?>(
        next.Lost.Published,
        async transaction =>
        {
            if (transaction.Head != next.From || transaction.Registry != next.Registry)
            {
                return null;
            }

            transaction.BeginAnother(next.Epoch);
            transaction.RaiseRegistry(next.Registry + VersionsLeftOut);
            transaction.Link.Add(
                new PostgresStatement("insert into epochs (epoch, position, at, chain) values ($1, $2, $3, $4)")
                    .Bind(next.End.Epoch).Bind(next.End.Position).Bind(next.End.At).Bind(next.End.Chain.ToBytes()));
            if (next.EndsAll)
            {
                await EndAll.RunAsync(transaction, options.Issuer, "a failover lost a part of the log", AuditContext.System)
                    .ConfigureAwait(false);
            }

            var acts = await AppendAgainAsync(transaction, next.Lost).ConfigureAwait(false);
            await transaction.DecideAsync(new SaveKeysDecision(next.Keys, from: null, AuditContext.System)).ConfigureAwait(false);
            transaction.Audit(new(
                null, "failed_over", AuditContext.System,
                new(Reason: $"the log goes on from {next.End.Position.Value}, {acts} acts were appended again")));
            return acts;
        },
        cancellationToken);

    public Task<int> TakeUpAsync(LostEntries lost, CancellationToken cancellationToken) => RunAsync(
        lost.Published,
        async transaction =>
        {
            var acts = await AppendAgainAsync(transaction, lost).ConfigureAwait(false);
            transaction.Audit(new(
                null, "failed_over", AuditContext.System,
                new(Reason: $"another node remembered more: {acts} acts were appended again")));
            return acts;
        },
        cancellationToken);

    private static async Task<int> AppendAgainAsync(PostgresTransaction transaction, LostEntries lost)
    {
        var acts = 0;
        foreach (var entry in LostActs.NewestOf(lost))
        {
            if (entry is { Kind: LogEntryKind.State, Match: { } match })
            {
                var standing = await transaction.FindStateAsync(new(entry.Issuer, match)).ConfigureAwait(false);
                foreach (var draft in LostActs.Missing(entry, standing, lost.After, transaction.Present))
                {
                    await transaction.DecideAsync(new AppendDecision(draft)).ConfigureAwait(false);
                    acts++;
                }
            }
            else if (entry.Kind is LogEntryKind.Issuer && !transaction.Node.IsOwn(entry.Issuer))
            {
                await SaveAgainAsync(transaction, entry).ConfigureAwait(false);
            }
        }

        return acts;
    }

    private static async Task SaveAgainAsync(PostgresTransaction transaction, LogEntry entry)
    {
        var standing = await transaction.FindIssuerAsync(new(entry.Issuer)).ConfigureAwait(false);
        var lost = entry.Record is { } json ? IssuerRecord.FromJson(json) : null;
        if (lost is not null && !lost.Equals(standing))
        {
            await transaction.DecideAsync(new SaveIssuerDecision(lost, AuditContext.System)).ConfigureAwait(false);
        }
        else if (lost is null && standing is not null)
        {
            await transaction.DecideAsync(new RemoveIssuerDecision(entry.Issuer, AuditContext.System)).ConfigureAwait(false);
        }
    }

    // On a connection of its own: the writer may be waiting for the node to take in what it has committed.
    private async Task<T> RunAsync<T>(
        LogPosition published, Func<PostgresTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var link = await database.OpenToWriteAsync().ConfigureAwait(false);
        try
        {
            var node = new PostgresNode(options, time, await PostgresEpoch.ReadOpenedAsync(link).ConfigureAwait(false));
            node.GiveOut(published);
            var transaction = await PostgresTransaction.BeginAsync(node, link, isHolding: true).ConfigureAwait(false);
            var done = await work(transaction).ConfigureAwait(false);
            await transaction.FlushAsync().ConfigureAwait(false);
            await link.CommitAsync(options.CommitPatience).ConfigureAwait(false);
            await link.DropAsync().ConfigureAwait(false);
            return done;
        }
        catch (Exception e)
        {
            await link.DropAsync().ConfigureAwait(false);
            throw PostgresFailure.Of(e);
        }
    }
}
