using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <inheritdoc cref="IRevocationStore"/>
internal sealed class PostgresRevocations(
    PostgresWriter writer, PostgresDatabase database, Turns counts, PostgresNode node, TimeProvider time) : IRevocationStore
{
    private readonly string _ownIssuer = node.Options.Issuer;
    private readonly PostgresPurge _purge = new(writer, database, node, time);

    public async Task<RevokeOutcome> RevokeAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        var outcome = await AppendAsync(draft, cancellationToken).ConfigureAwait(false);
        if (outcome.Result is RevokeResult.Appended && draft.Client is { Record: null } removed)
        {
            await PostgresLogouts.ForgetAsync(writer, removed.ClientId, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

    public async Task<RevokeOutcome> PreviewAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        draft.Validate(_ownIssuer);
        using var turn = draft.MayHitMany(_ownIssuer) ? await counts.TakeAsync(cancellationToken).ConfigureAwait(false) : null;
        return await database.ReadAsync(
            async link => await PreviewAsync(
                link, draft, await PostgresRegistryRows.FindIssuerAsync(link, new(draft.Issuer)).ConfigureAwait(false),
                turn is null ? CountBudget.Ready(time) : CountBudget.Thorough(time)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
    }

    public Task<bool> HasAnswerAsync(IdempotencyKey key, CancellationToken cancellationToken) => database.ReadAsync(
        async link => await PostgresAnswers.FindAsync(
            link, new(key, Now - IdempotencyAnswers.KeptSeconds)).ConfigureAwait(false) is not null,
        cancellationToken);

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

    public async Task AdvanceSpreadsAsync(CancellationToken cancellationToken)
    {
        foreach (var spread in await database.ReadAsync(PostgresSpread.FindOpenAsync, cancellationToken).ConfigureAwait(false))
        {
            await AdvanceAsync(spread, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task<Revocation?> FindAsync(LogPosition act, CancellationToken cancellationToken) =>
        database.ReadAsync(link => PostgresActs.FindAsync(link, act), cancellationToken);

    public Task<ListPage<Revocation>> ListAsync(
        RevocationQuery query, LogPosition before, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(link => PostgresActs.ListAsync(link, query, before, limit), cancellationToken);

    public Task<LogPage?> ReadAsync(LogPosition after, int limit, CancellationToken cancellationToken) =>
        database.ReadMomentAsync(link => PostgresLogRows.ReadAsync(link, after, limit), cancellationToken);

    public Task SnapshotAsync(
        SnapshotTime time, Func<LogHead, Task> begin, Func<LogEntry, Task> each, CancellationToken cancellationToken)
    {
        var believed = node.Clock.Believed.ToUnixTimeSeconds();
        return database.ReadMomentAsync(
            async link =>
            {
                // In the transaction of the snapshot: another clock may have been believed when something went.
                var forgotten = await PostgresLogRows.ForgottenAsync(link).ConfigureAwait(false);
                if (time.NeedsWhatIsForgotten(believed, forgotten))
                {
                    throw new ForgottenException(forgotten);
                }

                await begin((await PostgresEpoch.FindHeadAsync(link).ConfigureAwait(false)).Log).ConfigureAwait(false);
                await PostgresLogRows.EachLiveAsync(link, _ownIssuer, time.SentFrom(believed), each, cancellationToken)
                    .ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    public Task<long> PurgeAsync(CancellationToken cancellationToken) => _purge.RunAsync(cancellationToken);

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    private async Task<RevokeOutcome> AppendAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        draft.Validate(_ownIssuer);
        if (draft is { Once: true, Idempotency: null }
            && await FindOwnEndAsync(draft, cancellationToken).ConfigureAwait(false) is { } standing)
        {
            return await PreviewAsync(draft, cancellationToken).ConfigureAwait(false)
                with { Result = RevokeResult.Repeated, Revocation = standing };
        }

        // The few sessions that one or a person has are counted in the transaction of the act.
        if (!draft.MayHitMany(_ownIssuer))
        {
            return await writer.AppendAsync(
                new(draft.Issuer, draft.Match), transaction => CountAndRevokeAsync(transaction, draft), cancellationToken)
                .ConfigureAwait(false);
        }

        if (!draft.IsSelective && await IsConfirmedAsync(draft, cancellationToken).ConfigureAwait(false))
        {
            return await RevokeThenCountAsync(draft, cancellationToken).ConfigureAwait(false);
        }

        var preview = await PreviewAsync(draft, cancellationToken).ConfigureAwait(false);
        var affected = new AffectedSessions(preview.Sessions, preview.Known);
        return await RunAsync(new RevokeDecision(draft, affected), cancellationToken).ConfigureAwait(false);
    }

    private async Task<RevokeOutcome> CountAndRevokeAsync(PostgresTransaction transaction, RevocationDraft draft)
    {
        var issuer = await transaction.FindIssuerAsync(new(draft.Issuer)).ConfigureAwait(false);
        var preview = await PreviewAsync(transaction.Link, draft, issuer, CountBudget.Ready(time)).ConfigureAwait(false);
        return await transaction.DecideAsync(
            new RevokeDecision(draft, new(preview.Sessions, preview.Known))).ConfigureAwait(false);
    }

    private async Task<RevokeOutcome> PreviewAsync(
        PostgresLink link, RevocationDraft draft, IssuerRecord? issuer, CountBudget budget)
    {
        var act = Acts.Of(draft, ActTime.Thought(Now), issuer, node.IsOwn(draft.Issuer));
        var affected = await PostgresAffected.CountAsync(link, _ownIssuer, act, Now, budget).ConfigureAwait(false);
        return new(RevokeResult.Previewed, act, affected.Sessions, affected.Known);
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
        var isMore = await database.ReadAsync(
            link => PostgresAffected.IsMoreThanAsync(link, _ownIssuer, draft.Match, most), cancellationToken)
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
        database.ReadMomentAsync(
            async before =>
            {
                await PostgresEpoch.FindHeadAsync(before).ConfigureAwait(false);
                var outcome = await RunAsync(new RevokeDecision(draft, null), cancellationToken).ConfigureAwait(false);
                return outcome is { Result: RevokeResult.Appended, Revocation: { } act }
                    ? await CountAsync(before, draft, outcome, act).ConfigureAwait(false)
                    : outcome;
            },
            cancellationToken);

    private async Task<RevokeOutcome> CountAsync(
        PostgresLink before, RevocationDraft draft, RevokeOutcome outcome, Revocation act)
    {
        try
        {
            var counted = await PostgresAffected.CountAsync(
                before, _ownIssuer, act, Now, CountBudget.Brief(time)).ConfigureAwait(false);
            return counted.Sessions is null
                ? outcome
                : await RunAsync(new CountDecision(act, counted, draft.Idempotency), CancellationToken.None)
                    .ConfigureAwait(false) with { Registry = outcome.Registry };
        }
        catch (Exception e) when (e is StoreUnavailableException || PostgresFailure.IsOfDatabase(e))
        {
            // It stands: that nobody could count is no reason to say that it does not.
            return outcome;
        }
    }

    // Not in the writer: whoever repeats what was done keeps nobody from it.
    private Task<Revocation?> FindOwnEndAsync(RevocationDraft draft, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async link =>
            {
                var head = await PostgresEpoch.FindHeadAsync(link).ConfigureAwait(false);
                var present = new Present(
                    _ownIssuer, head.Log, head.Registry, head.Log.Position, time.GetUtcNow(), Newest: head.Log.At, Doubt: null);
                return (await PostgresTransaction.DecideAsync(link, present, new StandingDecision(draft)).ConfigureAwait(false))
                    .Outcome;
            },
            cancellationToken);

    // What the lift left of very many sessions; of what was spread whoever advances spreads gives it back.
    private async Task GiveBackAsync(Revocation lifted, CancellationToken cancellationToken)
    {
        try
        {
            if (lifted.Spread == 0 && await database.ReadAsync(
                link => PostgresSpread.FindAsync(link, lifted.Position), cancellationToken).ConfigureAwait(false) is { } rest)
            {
                await AdvanceAsync(rest, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (StoreUnavailableException)
        {
            // The lift stands, and what is left is given back as that of a spread is.
        }
    }

    // In bites, so that nobody waits long behind one; what is due is looked for beside the writer.
    private async Task AdvanceAsync(OpenSpread spread, CancellationToken cancellationToken)
    {
        var counted = SpreadPace.IsUncounted(spread, _ownIssuer, Now)
            ? await CountAsync(spread, cancellationToken).ConfigureAwait(false)
            : spread;
        for (OpenSpread? rest = counted; rest is { } next;)
        {
            var due = await database.ReadAsync(
                link => PostgresSpread.FindStepAsync(link, _ownIssuer, next, Now), cancellationToken).ConfigureAwait(false);
            rest = due is null ? null : await RunAsync(new SpreadDecision(next, due), cancellationToken).ConfigureAwait(false);
        }
    }

    // Those that were too many to be counted before the act was answered.
    private async Task<OpenSpread> CountAsync(OpenSpread spread, CancellationToken cancellationToken)
    {
        var (sessions, after, isMore) = (0L, 0L, true);
        while (isMore)
        {
            var some = await database.ReadAsync(
                link => PostgresSpread.SeekAsync(link, _ownIssuer, spread.Act, after, Now, int.MaxValue),
                cancellationToken).ConfigureAwait(false);
            (sessions, after, isMore) = (sessions + some.Sessions.Count, some.To, some.IsMore);
        }

        var outcome = await RunAsync(
            new CountDecision(spread.Act, new(sessions, Known: true), null), cancellationToken).ConfigureAwait(false);
        return spread with { Act = outcome.Revocation! };
    }

    private Task<T> RunAsync<T>(Decision<T> decision, CancellationToken cancellationToken) =>
        writer.RunAsync(decision, needsHead: true, cancellationToken);

    private Task<long?> CountGivenBackAsync(Revocation lifted, CancellationToken cancellationToken) =>
        Touching.HeldSessions(lifted, Now)
            ? database.ReadAsync(
                async link => (await PostgresAffected.CountAsync(link, _ownIssuer, lifted, Now, CountBudget.Brief(time))
                    .ConfigureAwait(false)).Sessions,
                cancellationToken)
            : Task.FromResult<long?>(0);
}
