using Rescind.Authority.Decisions;
using Rescind.Authority.Revocations;

namespace Rescind.Authority.Stores.Sqlite;

/// <inheritdoc cref="IRevocationStore"/>
internal sealed class SqliteRevocations(
    SqliteWriter writer, SqliteReaders readers, Turns counts, SqliteStoreOptions options, SteadyClock clock, TimeProvider time) : IRevocationStore
{
    /// <summary>How long the answer to an idempotency key is kept.</summary>
    private const long IdempotencySeconds = 24 * 3600;

    /// <summary>
    /// The most sessions among which one act with exceptions or with a cutoff in the past may select, living or over: each that it selects is an
    /// entry of the log, all are written in one transaction, and everybody waits for the writer.
    /// </summary>
    public const long MostBySession = 10_000;

    // What stands for a number that nobody knows, in a column that must have one.
    private const long Uncounted = -1;

    private readonly SqlitePurge _purge = new(writer, readers, options, clock, time);

    public async Task<RevokeOutcome> RevokeAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        Inspect(draft);
        if (draft is { Once: true, Idempotency: null } && await FindOwnEndAsync(draft, cancellationToken).ConfigureAwait(false) is { } standing)
        {
            return await PreviewAsync(draft, cancellationToken).ConfigureAwait(false) with { Result = RevokeResult.Repeated, Revocation = standing };
        }

        if (MayHitMany(draft) && !IsSelective(draft) && await IsConfirmedAsync(draft, cancellationToken).ConfigureAwait(false))
        {
            return await RevokeThenCountAsync(draft, cancellationToken).ConfigureAwait(false);
        }

        var preview = await PreviewAsync(draft, cancellationToken).ConfigureAwait(false);
        var affected = new AffectedSessions(preview.Sessions, preview.Known);
        return await writer.RunAsync(log => Revoke(log, draft, affected), cancellationToken).ConfigureAwait(false);
    }

    // Whether no session has to be judged for it: so many rows at most, or too many to be counted.
    private async Task<bool> IsConfirmedAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        if (draft is { Confirm: null, IsConfirmedByName: false })
        {
            return true;
        }

        using var turn = await counts.TakeAsync(cancellationToken).ConfigureAwait(false);
        var most = draft.Confirm is { } confirmed ? Confirmation.MostFor(confirmed) : Thoroughly().MaxSessions;
        var isMore = await readers.ReadAsync(link => SqliteAffected.IsMoreThan(link, options.Issuer, draft.Match, most), cancellationToken)
            .ConfigureAwait(false);
        return isMore == draft.IsConfirmedByName;
    }

    // Nobody has to know first how many it hits.
    private async Task<RevokeOutcome> RevokeThenCountAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        // Whoever finds all turns taken does not wait: then nobody counts.
        using var turn = counts.TryTake();
        return turn is null
            ? await writer.RunAsync(log => Revoke(log, draft, null), cancellationToken).ConfigureAwait(false)
            : await RevokeAndCountAsync(draft, cancellationToken).ConfigureAwait(false);
    }

    // They are counted as they were before it.
    private Task<RevokeOutcome> RevokeAndCountAsync(RevocationDraft draft, CancellationToken cancellationToken) => readers.HoldAsync(
        async before =>
        {
            var outcome = await writer.RunAsync(log => Revoke(log, draft, null), cancellationToken).ConfigureAwait(false);
            if (outcome is not { Result: RevokeResult.Appended, Revocation: { } act })
            {
                return outcome;
            }

            var counted = SqliteAffected.Count(before, options.Issuer, act, time.GetUtcNow().ToUnixTimeSeconds(), Briefly());
            return counted.Sessions is null
                ? outcome
                : await writer.RunAsync(log => Remember(log, draft, act, counted), cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);

    public async Task<RevokeOutcome> PreviewAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        Inspect(draft);
        using var turn = MayHitMany(draft) ? await counts.TakeAsync(cancellationToken).ConfigureAwait(false) : null;
        return await readers.ReadAsync(
            link =>
            {
                var now = time.GetUtcNow().ToUnixTimeSeconds();
                var own = draft.Issuer == options.Issuer;
                var act = Acts.Of(draft, new(LogPosition.MaxValue), now, SqliteLog.FindIssuer(link, draft.Issuer), own);
                var affected = SqliteAffected.Count(link, options.Issuer, act, now, turn is null ? Readily() : Thoroughly());
                return new RevokeOutcome(RevokeResult.Previewed, act, affected.Sessions, affected.Known);
            },
            cancellationToken).ConfigureAwait(false);
    }

    private void Inspect(RevocationDraft draft)
    {
        if (!draft.Match.Allows(draft.Effect, draft.Issuer == options.Issuer) || (draft.Effect is Effect.Block && draft.Second is null))
        {
            throw new ArgumentException("The effect is not one of this match, or a block without its end.", nameof(draft));
        }
    }

    private bool MayHitMany(RevocationDraft draft) => draft.Issuer == options.Issuer
        && draft.Match.Kind is MatchKind.Client or MatchKind.Tag or MatchKind.Key or MatchKind.Issuer;

    // Such an act may have to name each session that it selects.
    private static bool IsSelective(RevocationDraft draft) =>
        draft.Except.Count > 0 || (draft.Second is not null && draft.Effect is not Effect.Block);

    private CountBudget Thoroughly() => new(time, maxSessions: 150_000, TimeSpan.FromSeconds(5));

    // A person, whose act waits for no turn.
    private CountBudget Readily() => new(time, maxSessions: 150_000, TimeSpan.FromMilliseconds(200));

    private CountBudget Briefly() => new(time, maxSessions: 5_000, TimeSpan.FromMilliseconds(200));

    // On a reader: whoever repeats what was done keeps nobody from the writer.
    private Task<Revocation?> FindOwnEndAsync(RevocationDraft draft, CancellationToken cancellationToken) => readers.ReadAsync(
        link => SqliteOwnEnds.FindAnswer(link, options.Issuer, draft, time.GetUtcNow().ToUnixTimeSeconds()), cancellationToken);

    public async Task<LiftOutcome> LiftAsync(LogPosition act, AuditContext audit, CancellationToken cancellationToken)
    {
        var outcome = await writer.RunAsync(log => Lift(log, act, audit), cancellationToken).ConfigureAwait(false);
        return outcome is { Result: LiftResult.Lifted, Revocation: { } lifted }
            ? outcome with { Sessions = await CountGivenBackAsync(lifted, cancellationToken).ConfigureAwait(false) }
            : outcome;
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
        var counted = SqliteSpread.IsUncounted(spread, options.Issuer, time.GetUtcNow().ToUnixTimeSeconds())
            ? await CountAsync(spread, cancellationToken).ConfigureAwait(false)
            : spread;
        for (OpenSpread? rest = counted; rest is { } next;)
        {
            var now = time.GetUtcNow().ToUnixTimeSeconds();
            var due = await readers.ReadAsync(link => SqliteSpread.FindStep(link, options.Issuer, next, now), cancellationToken)
                .ConfigureAwait(false);
            rest = due is null ? null
                : await writer.RunAsync(log => SqliteSpread.Advance(log, next, due), cancellationToken).ConfigureAwait(false);
        }
    }

    // Those that were too many to be counted before the act was answered.
    private async Task<OpenSpread> CountAsync(OpenSpread spread, CancellationToken cancellationToken)
    {
        var (sessions, after, isMore) = (0L, 0L, true);
        while (isMore)
        {
            var some = await readers.ReadAsync(
                link => SqliteSpread.Seek(link, options.Issuer, spread.Act, after, time.GetUtcNow().ToUnixTimeSeconds(), int.MaxValue),
                cancellationToken).ConfigureAwait(false);
            (sessions, after, isMore) = (sessions + some.Sessions.Count, some.To, some.IsMore);
        }

        return await writer.RunAsync(log => SqliteSpread.Count(log, spread, sessions), cancellationToken).ConfigureAwait(false);
    }

    public Task<Revocation?> FindAsync(LogPosition act, CancellationToken cancellationToken) =>
        readers.ReadAsync(link => SqliteActs.Find(link, act), cancellationToken);

    public Task<IReadOnlyList<Revocation>> ListAsync(
        RevocationQuery query, LogPosition before, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync(link => SqliteActs.List(link, query, before, limit), cancellationToken);

    public Task<LogPage?> ReadAsync(LogPosition after, int limit, CancellationToken cancellationToken) => readers.ReadAsync(
        link => ChainAt(link, after) is { } chain ? new LogPage(chain, ReadEntries(link, after, limit), SqliteLog.ReadHead(link))
            : after.Value < link.Int64("select base_position from head") ? null
            : new LogPage(null, [], SqliteLog.ReadHead(link)),
        cancellationToken);

    public Task SnapshotAsync(long? now, Func<LogHead, Task> begin, Func<LogEntry, Task> each, CancellationToken cancellationToken)
    {
        var believed = clock.Believed.ToUnixTimeSeconds();
        var needed = now is { } theirs ? Math.Min(theirs, believed) : believed - Retention.ForgettingMargin;
        return readers.StreamAsync(
            link =>
            {
                if (now is not null)
                {
                    RefuseForgotten(link, needed);
                }

                return SnapshotAsync(link, needed, begin, each, cancellationToken);
            },
            cancellationToken);
    }

    // In the transaction of the snapshot: another clock may have been believed when something went.
    private static void RefuseForgotten(SqliteLink link, long needed)
    {
        if (link.Int64("select forgotten from head") is var forgotten && needed <= forgotten)
        {
            throw new ForgottenException(forgotten);
        }
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
    public static IReadOnlyList<LogEntry> ReadEntries(SqliteLink link, LogPosition after, int limit)
    {
        using var rows = link.Prepare($"select {LogRows.Entry} from log where position > ?1 order by position limit ?2").Bind(after).Bind(limit);
        var entries = new List<LogEntry>();
        while (rows.Step())
        {
            entries.Add(LogRows.ReadEntry(rows));
        }

        return entries;
    }

    // On a reader, as before an act: a broad match selects many, and the writer waits for none of them.
    private Task<long?> CountGivenBackAsync(Revocation lifted, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var heldSessions = lifted.Effect is Effect.End || (lifted.Effect is Effect.Block && lifted.Second > now);
        return heldSessions
            ? readers.ReadAsync(link => SqliteAffected.Count(link, options.Issuer, lifted, now, Briefly()).Sessions, cancellationToken)
            : Task.FromResult<long?>(0);
    }

    private static LogChain? ChainAt(SqliteLink link, LogPosition position)
    {
        using var row = link.Prepare(
            "select chain from log where position = ?1 union all select base_chain from head where base_position = ?1 limit 1").Bind(position);
        return row.Step() ? LogChain.FromBytes(row.Bytes()) : null;
    }

    // Null for what need not be known.
    private static RevokeOutcome Revoke(SqliteLog log, RevocationDraft draft, AffectedSessions? counted)
    {
        var affected = counted ?? AffectedSessions.Uncounted;
        if (draft.Idempotency is { } key && FindAnswer(log, key) is { } answer)
        {
            return answer;
        }

        if (counted is not null && !IsConfirmed(draft, counted, log.IsOwn(draft.Issuer)))
        {
            return new(RevokeResult.NotConfirmed, null, affected.Sessions, affected.Known);
        }

        if (SqliteOwnEnds.FindAnswer(log.Link, log.Options.Issuer, draft, log.Second) is { } standing)
        {
            return Answer(log, draft, new(RevokeResult.Repeated, standing, affected.Sessions, affected.Known));
        }

        var candidate = Acts.Of(draft, new(LogPosition.MaxValue), log.Second, null, log.IsOwn(draft.Issuer));
        var spares = candidate is { BySession: true, Spread: 0 };
        if (spares && SqliteAffected.IsMoreThan(log.Link, log.Options.Issuer, draft.Match, MostBySession))
        {
            return new(RevokeResult.TooMany, null, affected.Sessions, affected.Known);
        }

        IReadOnlyList<SelectedSession> sessions = spares ? [.. SqliteAffected.Select(log.Link, candidate)] : [];
        var session = log.IsOwn(draft.Issuer) && draft.Match.Kind is MatchKind.Session
            ? SessionRows.Find(log.Link, draft.Match.Value!, isToEnd: true)?.Session : null;
        var act = SqliteActs.Append(log, draft, sessions, session?.Subject, log.IsOwn(draft.Issuer) ? affected.Sessions : null);
        foreach (var changed in draft.Keys)
        {
            SqliteRegistry.SaveKey(log, changed, draft.Audit);
        }

        if (session is not null && draft.Effect is Effect.End)
        {
            SessionRows.End(log.Link, session.Id, act.Position, act.At);
        }

        return Answer(log, draft, new(RevokeResult.Appended, act, affected.Sessions, affected.Known));
    }

    // At another issuer nobody counts, and the name was enough.
    private static bool IsConfirmed(RevocationDraft draft, AffectedSessions counted, bool own) => draft.Confirm is { } confirmed
        ? counted.Sessions <= Confirmation.MostFor(confirmed)
        : !own || !draft.IsConfirmedByName || counted.Sessions is null;

    private static RevokeOutcome Remember(SqliteLog log, RevocationDraft draft, Revocation act, AffectedSessions counted)
    {
        log.Link.Prepare("update acts set sessions = ?1 where position = ?2").Bind(counted.Sessions).Bind(act.Position).Run();
        return Answer(log, draft, new(RevokeResult.Appended, act with { Sessions = counted.Sessions }, counted.Sessions, counted.Known));
    }

    // The same key gets the same answer, also where that was an act from before it.
    private static RevokeOutcome Answer(SqliteLog log, RevocationDraft draft, RevokeOutcome outcome)
    {
        if (draft.Idempotency is { } asked)
        {
            log.Link.Prepare(
                """
                insert into idempotency (actor, key, request, position, sessions, known, at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                on conflict (actor, key) do update set request = ?3, position = ?4, sessions = ?5, known = ?6, at = ?7
                """)
                .Bind(asked.Actor).Bind(asked.Key).Bind(asked.RequestHash).Bind(outcome.Revocation!.Position).Bind(outcome.Sessions ?? Uncounted)
                .Bind(outcome.Known ? 1 : 0).Bind(log.Second).Run();
            ForgetPastShare(log, asked);
        }

        return outcome;
    }

    // Nobody fills the disk with keys alone. Two go for one that comes, so that a smaller share is reached as well.
    private static void ForgetPastShare(SqliteLog log, IdempotencyKey newest) => log.Link.Prepare(
        """
        delete from idempotency where (actor, key) in (select actor, key from idempotency where actor = ?1 and key <> ?2 order by at
            limit min(2, max(0, (select count from idempotency_counts where actor = ?1) - ?3)))
        """).Bind(newest.Actor).Bind(newest.Key).Bind(log.Options.MaxKeysOfOneActor).Run();

    public Task<bool> HasAnswerAsync(IdempotencyKey key, CancellationToken cancellationToken) => readers.ReadAsync(
        link =>
        {
            using var row = link.Prepare("select 1 from idempotency where actor = ?1 and key = ?2 and at > ?3")
                .Bind(key.Actor).Bind(key.Key).Bind(time.GetUtcNow().ToUnixTimeSeconds() - IdempotencySeconds);
            return row.Step();
        },
        cancellationToken);

    private static RevokeOutcome? FindAnswer(SqliteLog log, IdempotencyKey key)
    {
        using var row = log.Link.Prepare("select request, position, sessions, known from idempotency where actor = ?1 and key = ?2 and at > ?3")
            .Bind(key.Actor).Bind(key.Key).Bind(log.Second - IdempotencySeconds);
        if (!row.Step())
        {
            return null;
        }

        if (row.Text() != key.RequestHash)
        {
            return new(RevokeResult.KeyReused, null, 0, true);
        }

        var (act, sessions, known) = (SqliteActs.Find(log.Link, row.Position()), row.Int64(), row.Int64() == 1);
        return new(RevokeResult.Repeated, act, sessions >= 0 ? sessions : null, known);
    }

    private static LiftOutcome Lift(SqliteLog log, LogPosition position, AuditContext audit)
    {
        if (SqliteActs.Find(log.Link, position) is not { } act)
        {
            return new(LiftResult.Unknown, null, default);
        }

        if (act.LiftedBy is { } earlier)
        {
            return new(LiftResult.AlreadyLifted, act, earlier);
        }

        var lifted = SqliteActs.Lift(log, act, audit);
        if (log.IsOwn(act.Issuer) && act is { Match.Kind: MatchKind.Session, Effect: Effect.End })
        {
            SessionRows.Reopen(log.Link, lifted);
        }

        return new(LiftResult.Lifted, lifted, lifted.LiftedBy!.Value);
    }
}
