using Microsoft.Data.Sqlite;
using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Sqlite;

/// <inheritdoc cref="IRevocationStore"/>
internal sealed class SqliteRevocations(
    SqliteWriter writer, SqliteReaders readers, Turns counts, SqliteStoreOptions options, SteadyClock clock,
    TimeProvider time) : IRevocationStore
{
    private readonly SqlitePurge _purge = new(writer, readers, options, clock, time);

    public async Task<RevokeOutcome> RevokeAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        var outcome = await AppendAsync(draft, cancellationToken).ConfigureAwait(false);
        if (outcome.Result is RevokeResult.Appended && draft.Client is { Record: null } removed)
        {
            await SqliteLogouts.ForgetAsync(writer, removed.ClientId, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

    private async Task<RevokeOutcome> AppendAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        draft.Validate(options.Issuer);
        if (draft is { Once: true, Idempotency: null }
            && await FindOwnEndAsync(draft, cancellationToken).ConfigureAwait(false) is { } standing)
        {
            return await PreviewAsync(draft, cancellationToken).ConfigureAwait(false)
                with { Result = RevokeResult.Repeated, Revocation = standing };
        }

        if (draft.MayHitMany(options.Issuer) && !draft.IsSelective
            && await IsConfirmedAsync(draft, cancellationToken).ConfigureAwait(false))
        {
            return await RevokeThenCountAsync(draft, cancellationToken).ConfigureAwait(false);
        }

        var preview = await PreviewAsync(draft, cancellationToken).ConfigureAwait(false);
        var affected = new AffectedSessions(preview.Sessions, preview.Known);
        return await RunAsync(new RevokeDecision(draft, affected), cancellationToken).ConfigureAwait(false);
    }

    // Whether no session has to be judged for it: so many rows at most, or too many to be counted.
    private async Task<bool> IsConfirmedAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        if (draft is { Confirm: null, IsConfirmedByName: false })
        {
            return true;
        }

        using var turn = await counts.TakeAsync(cancellationToken).ConfigureAwait(false);
        var most = draft.Confirm is { } confirmed ? RevokeDecision.MostFor(confirmed) : CountBudget.Most;
        var isMore = await readers.ReadAsync(
            link => SqliteAffected.IsMoreThan(link, options.Issuer, draft.Match, most), cancellationToken)
            .ConfigureAwait(false);
        return isMore == draft.IsConfirmedByName;
    }

    // Nobody has to know first how many it hits.
    private async Task<RevokeOutcome> RevokeThenCountAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        // Whoever finds all turns taken does not wait: then nobody counts.
        using var turn = counts.TryTake();
        return turn is null
            ? await RunAsync(new RevokeDecision(draft, null), cancellationToken).ConfigureAwait(false)
            : await RevokeAndCountAsync(draft, cancellationToken).ConfigureAwait(false);
    }

    // They are counted as they were before it.
    private Task<RevokeOutcome> RevokeAndCountAsync(RevocationDraft draft, CancellationToken cancellationToken) =>
        readers.HoldAsync(
            async before =>
            {
                var outcome = await RunAsync(new RevokeDecision(draft, null), cancellationToken).ConfigureAwait(false);
                if (outcome is not { Result: RevokeResult.Appended, Revocation: { } act })
                {
                    return outcome;
                }

                try
                {
                    var counted = SqliteAffected.Count(
                        before, options.Issuer, act, time.GetUtcNow().ToUnixTimeSeconds(), CountBudget.Brief(time));
                    return counted.Sessions is null
                        ? outcome
                        : await RunAsync(new CountDecision(act, counted, draft.Idempotency), cancellationToken)
                            .ConfigureAwait(false) with { Registry = outcome.Registry };
                }
                catch (Exception e) when (e is StoreUnavailableException or SqliteException)
                {
                    // It stands: that nobody could count is no reason to say that it does not.
                    return outcome;
                }
            },
            cancellationToken);

    public async Task<RevokeOutcome> PreviewAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        draft.Validate(options.Issuer);
        using var turn = draft.MayHitMany(options.Issuer)
            ? await counts.TakeAsync(cancellationToken).ConfigureAwait(false)
            : null;
        return await readers.ReadAsync(
            link =>
            {
                var now = time.GetUtcNow().ToUnixTimeSeconds();
                var own = draft.Issuer == options.Issuer;
                var act = Acts.Of(draft, ActTime.Thought(now), SqliteLog.FindIssuer(link, draft.Issuer), own);
                var budget = turn is null ? CountBudget.Ready(time) : CountBudget.Thorough(time);
                var affected = SqliteAffected.Count(link, options.Issuer, act, now, budget);
                return new RevokeOutcome(RevokeResult.Previewed, act, affected.Sessions, affected.Known);
            },
            cancellationToken).ConfigureAwait(false);
    }

    // On a reader: whoever repeats what was done keeps nobody from the writer.
    private Task<Revocation?> FindOwnEndAsync(RevocationDraft draft, CancellationToken cancellationToken) => readers.ReadAsync(
        link => SqliteDecisions.Look(link, options.Issuer, time.GetUtcNow(), new StandingDecision(draft)), cancellationToken);

    public async Task<LiftOutcome> LiftAsync(LogPosition act, AuditContext audit, CancellationToken cancellationToken)
    {
        var outcome = await RunAsync(new LiftDecision(act, audit), cancellationToken).ConfigureAwait(false);
        if (outcome is not { Result: LiftResult.Done, Revocation: { } lifted })
        {
            return outcome;
        }

        await GiveBackAsync(lifted, cancellationToken).ConfigureAwait(false);
        return outcome with { Sessions = await CountGivenBackAsync(lifted, cancellationToken).ConfigureAwait(false) };
    }

    // What the lift left of very many sessions; of what was spread whoever advances spreads gives it back.
    private async Task GiveBackAsync(Revocation lifted, CancellationToken cancellationToken)
    {
        try
        {
            if (lifted.Spread == 0 && await readers.ReadAsync(
                link => SqliteSpread.Find(link, lifted.Position), cancellationToken).ConfigureAwait(false) is { } rest)
            {
                await AdvanceAsync(rest, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (StoreUnavailableException)
        {
            // The lift stands, and what is left is given back as that of a spread is.
        }
    }

    public async Task AdvanceSpreadsAsync(CancellationToken cancellationToken)
    {
        foreach (var spread in await readers.ReadAsync(SqliteSpread.FindOpen, cancellationToken).ConfigureAwait(false))
        {
            await AdvanceAsync(spread, cancellationToken).ConfigureAwait(false);
        }
    }

    // In bites, so that nobody waits long behind one; what is due is looked for on a reader.
    private async Task AdvanceAsync(OpenSpread spread, CancellationToken cancellationToken)
    {
        var counted = SpreadPace.IsUncounted(spread, options.Issuer, time.GetUtcNow().ToUnixTimeSeconds())
            ? await CountAsync(spread, cancellationToken).ConfigureAwait(false)
            : spread;
        for (OpenSpread? rest = counted; rest is { } next;)
        {
            var now = time.GetUtcNow().ToUnixTimeSeconds();
            var due = await readers.ReadAsync(link => SqliteSpread.FindStep(link, options.Issuer, next, now), cancellationToken)
                .ConfigureAwait(false);
            rest = due is null ? null : await RunAsync(new SpreadDecision(next, due), cancellationToken).ConfigureAwait(false);
        }
    }

    // Those that were too many to be counted before the act was answered.
    private async Task<OpenSpread> CountAsync(OpenSpread spread, CancellationToken cancellationToken)
    {
        var (sessions, after, isMore) = (0L, 0L, true);
        while (isMore)
        {
            var some = await readers.ReadAsync(
                link => SqliteSpread.Seek(
                    link, options.Issuer, spread.Act, after, time.GetUtcNow().ToUnixTimeSeconds(), int.MaxValue),
                cancellationToken).ConfigureAwait(false);
            (sessions, after, isMore) = (sessions + some.Sessions.Count, some.To, some.IsMore);
        }

        var outcome = await RunAsync(
            new CountDecision(spread.Act, new(sessions, Known: true), null), cancellationToken).ConfigureAwait(false);
        return spread with { Act = outcome.Revocation! };
    }

    private Task<T> RunAsync<T>(Decision<T> decision, CancellationToken cancellationToken) =>
        writer.RunAsync(log => SqliteDecisions.Run(log, decision), cancellationToken);

    public Task<Revocation?> FindAsync(LogPosition act, CancellationToken cancellationToken) =>
        readers.ReadAsync(link => SqliteActs.Find(link, act), cancellationToken);

    public Task<ListPage<Revocation>> ListAsync(
        RevocationQuery query, LogPosition before, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync(link => SqliteActs.List(link, query, before, limit), cancellationToken);

    public Task<LogPage?> ReadAsync(LogPosition after, int limit, CancellationToken cancellationToken) => readers.ReadAsync(
        link => ChainAt(link, after) is { } chain ? new LogPage(chain, ReadEntries(link, after, limit), SqliteLog.ReadHead(link))
            : after.Value < link.Int64("select base_position from head") ? null
            : new LogPage(null, [], SqliteLog.ReadHead(link)),
        cancellationToken);

    public Task SnapshotAsync(
        SnapshotTime time, Func<LogHead, Task> begin, Func<LogEntry, Task> each, CancellationToken cancellationToken)
    {
        var believed = clock.Believed.ToUnixTimeSeconds();
        return readers.StreamAsync(
            link =>
            {
                // In the transaction of the snapshot: another clock may have been believed when something went.
                var forgotten = link.Int64("select forgotten from head");
                return time.NeedsWhatIsForgotten(believed, forgotten)
                    ? throw new ForgottenException(forgotten)
                    : SnapshotAsync(link, time.SentFrom(believed), begin, each, cancellationToken);
            },
            cancellationToken);
    }

    private async Task SnapshotAsync(
        SqliteLink link, long needed, Func<LogHead, Task> begin, Func<LogEntry, Task> each, CancellationToken cancellationToken)
    {
        await begin(SqliteLog.ReadHead(link)).ConfigureAwait(false);
        using var rows = link.Prepare(
            $"""
            select * from (select 2, position, at, issuer, 8, '', '', record, 0, 0, 0, 0, 0, 0, 0, 0, 0 from issuers
                where removed = 0 order by position)
            union all
            select * from (select 3, position, at, ?1, 7, '', id, public_jwk, 0, 0, 0, 0, 0, 0, 0, 0, 0 from keys
                where public_jwk is not null order by position)
            union all
            select 1, position, at, issuer, match_kind, name, value, null, {LogRows.Slots} from states where remember_until >= ?2
            """).Bind(options.Issuer).Bind(needed);
        while (rows.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            await each(LogRows.ReadEntry(rows)).ConfigureAwait(false);
        }
    }

    public Task<long> PurgeAsync(CancellationToken cancellationToken) => _purge.RunAsync(cancellationToken);

    /// <summary>Entries after a position, oldest first.</summary>
    public static IReadOnlyList<LogEntry> ReadEntries(SqliteLink link, LogPosition after, int limit) =>
        link.Prepare($"select {LogRows.Entry} from log where position > ?1 order by position limit ?2")
            .Bind(after).Bind(limit).ReadAll(LogRows.ReadEntry);

    // On a reader, as before an act: a broad match selects many, and the writer waits for none of them.
    private Task<long?> CountGivenBackAsync(Revocation lifted, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        return Touching.HeldSessions(lifted, now)
            ? readers.ReadAsync(
                link => SqliteAffected.Count(link, options.Issuer, lifted, now, CountBudget.Brief(time)).Sessions,
                cancellationToken)
            : Task.FromResult<long?>(0);
    }

    private static LogChain? ChainAt(SqliteLink link, LogPosition position) => link.Prepare(
        "select chain from log where position = ?1 union all select base_chain from head where base_position = ?1 limit 1")
        .Bind(position).Find(static row => (LogChain?)LogChain.FromBytes(row.Bytes()));

    public Task<bool> HasAnswerAsync(IdempotencyKey key, CancellationToken cancellationToken) => readers.ReadAsync(
        link => SqliteAnswers.Find(
            link, new(key, time.GetUtcNow().ToUnixTimeSeconds() - IdempotencyAnswers.KeptSeconds)) is not null,
        cancellationToken);
}
