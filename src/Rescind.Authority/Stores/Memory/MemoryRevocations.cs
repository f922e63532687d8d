using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Memory;

/// <inheritdoc cref="IRevocationStore"/>
internal sealed class MemoryRevocations(MemoryStore store) : IRevocationStore
{
    private readonly string _ownIssuer = store.Options.Issuer;

    public async Task<RevokeOutcome> RevokeAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        draft.Validate(_ownIssuer);
        if (draft is { Once: true, Idempotency: null }
            && await store.ReadAsync(_ => store.Look(new StandingDecision(draft)), cancellationToken)
                .ConfigureAwait(false) is { } standing)
        {
            return await PreviewAsync(draft, cancellationToken).ConfigureAwait(false)
                with { Result = RevokeResult.Repeated, Revocation = standing };
        }

        var outcome = await store.RunAsync(
            data => new RevokeDecision(draft, Count(data, CandidateOf(draft))), cancellationToken).ConfigureAwait(false);
        if (outcome.Result is RevokeResult.Appended && draft.Client is { Record: null } removed)
        {
            await MemoryRegistry.ForgetLogoutsAsync(store, removed.ClientId, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

    public async Task<RevokeOutcome> PreviewAsync(RevocationDraft draft, CancellationToken cancellationToken)
    {
        draft.Validate(_ownIssuer);
        return await store.ReadAsync(
            data =>
            {
                var act = CandidateOf(draft);
                var affected = Count(data, act);
                return new RevokeOutcome(RevokeResult.Previewed, act, affected.Sessions, affected.Known);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public Task<bool> HasAnswerAsync(IdempotencyKey key, CancellationToken cancellationToken) =>
        store.ReadAsync(
            _ => store.Facts.Get(new AnswerTo(key, store.Now - IdempotencyAnswers.KeptSeconds)) is not null, cancellationToken);

    public async Task<LiftOutcome> LiftAsync(LogPosition act, AuditContext audit, CancellationToken cancellationToken)
    {
        var outcome = await store.RunAsync(new LiftDecision(act, audit), cancellationToken).ConfigureAwait(false);
        if (outcome is { Result: LiftResult.Done, Revocation.Spread: 0 })
        {
            await GiveBackAsync(act, cancellationToken).ConfigureAwait(false);
        }

        return outcome is { Result: LiftResult.Done, Revocation: { } lifted } && Touching.HeldSessions(lifted, store.Now)
            ? outcome with { Sessions = await store.ReadAsync(
                data => Count(data, lifted).Sessions, cancellationToken).ConfigureAwait(false) }
            : outcome;
    }

    // What the lift left of very many sessions.
    private async Task GiveBackAsync(LogPosition act, CancellationToken cancellationToken)
    {
        try
        {
            await AdvanceAsync(act, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            // The lift stands, and what is left is given back as that of a spread is.
        }
    }

    public async Task AdvanceSpreadsAsync(CancellationToken cancellationToken)
    {
        foreach (var act in await store.ReadAsync(
            data => data.Spreads.Keys.Order().ToList(), cancellationToken).ConfigureAwait(false))
        {
            await CountSpreadAsync(act, cancellationToken).ConfigureAwait(false);
            await AdvanceAsync(act, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AdvanceAsync(LogPosition act, CancellationToken cancellationToken)
    {
        while (await store.ReadAsync(_ => StepOf(act) is not null, cancellationToken).ConfigureAwait(false)
            && await store.RunAsync(_ => StepOf(act) ?? Overtaken(), cancellationToken).ConfigureAwait(false) is not null)
        {
        }
    }

    public Task<Revocation?> FindAsync(LogPosition act, CancellationToken cancellationToken) =>
        store.ReadAsync(data => data.Acts.GetValueOrDefault(act.Value), cancellationToken);

    public Task<ListPage<Revocation>> ListAsync(
        RevocationQuery query, LogPosition before, int limit, CancellationToken cancellationToken) => store.ReadAsync(
            data => PageFill.Cut(
                data.Acts.Values.Reverse().Where(act => (before == default || act.Position < before) && query.Selects(act)),
                limit,
                static act => (act.Position, JsonLength.Of(act))),
            cancellationToken);

    public Task<LogPage?> ReadAsync(LogPosition after, int limit, CancellationToken cancellationToken) => store.ReadAsync(
        data => ChainAt(data, after) is { } chain
            ? new LogPage(
                chain,
                [.. data.Log.Values.Select(static row => row.Entry).Where(entry => entry.Position > after).Take(limit)],
                data.Head)
            : after < data.LogBase.Position ? null
            : new LogPage(null, [], data.Head),
        cancellationToken);

    public async Task SnapshotAsync(
        SnapshotTime time, Func<LogHead, Task> begin, Func<LogEntry, Task> each, CancellationToken cancellationToken)
    {
        var believed = store.Clock.Believed.ToUnixTimeSeconds();
        var (head, entries) = await store.ReadAsync(
            data => time.NeedsWhatIsForgotten(believed, data.Forgotten)
                ? throw new ForgottenException(data.Forgotten)
                : (data.Head, LiveEntries(data, time.SentFrom(believed))),
            cancellationToken).ConfigureAwait(false);
        await begin(head).ConfigureAwait(false);
        foreach (var entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await each(entry).ConfigureAwait(false);
        }
    }

    public Task<long> PurgeAsync(CancellationToken cancellationToken) => MemoryPurge.RunAsync(store, cancellationToken);

    private List<LogEntry> LiveEntries(MemoryData data, long needed) =>
    [
        .. data.Issuers.Values.Where(static issuer => !issuer.IsRemoved).Select(static issuer => issuer.Saved)
            .OrderBy(static saved => saved.Position)
            .Select(static saved => new LogEntry
            {
                Kind = LogEntryKind.Issuer, Position = saved.Position, At = saved.At, Issuer = saved.Record.Issuer,
                Match = Match.Issuer,
                Record = saved.Record.ToJson(),
            }),
        .. data.Keys.Values.Where(static saved => saved.Key.PublicJwk is not null)
            .OrderBy(static saved => saved.Announced.Position)
            .Select(saved => new LogEntry
            {
                Kind = LogEntryKind.Key, Position = saved.Announced.Position, At = saved.Announced.At, Issuer = _ownIssuer,
                Match = Match.Key(saved.Key.Id), Record = saved.Key.PublicJwk,
            }),
        .. data.States.Values.Where(entry => entry.State!.RememberUntil >= needed),
    ];

    private static LogChain? ChainAt(MemoryData data, LogPosition position) =>
        data.Log.TryGetValue(position.Value, out var row) ? row.Chain
        : position == data.LogBase.Position ? data.LogBase.Chain
        : null;

    private Revocation CandidateOf(RevocationDraft draft) => Acts.Of(
        draft, ActTime.Thought(store.Now), store.Facts.Get(new IssuerOf(draft.Issuer)), draft.Issuer == _ownIssuer);

    private AffectedSessions Count(MemoryData data, Revocation act)
    {
        List<MemorySession> named = act.Issuer == _ownIssuer ? [.. store.Facts.Named(act.Match)] : [];
        var isKnownKey = act.Match.Kind is MatchKind.Key
            && data.Keys.TryGetValue(act.Match.Value!, out var saved) && saved.Key.State is not KeyState.Refresh;
        return new(
            named.Count(row => IsTouched(act, row.Session)),
            named.Count > 0 || !Touching.IsKnowable(act, _ownIssuer) || isKnownKey);
    }

    private bool IsTouched(Revocation act, Session session) =>
        Touching.IsTouched(act, session, _ownIssuer, store.Now, store.Facts.Touching);

    // Those that were too many to be counted before the act was answered.
    private async Task CountSpreadAsync(LogPosition position, CancellationToken cancellationToken)
    {
        var counted = await store.ReadAsync(
            data => store.Facts.SpreadOf(position) is { } spread && SpreadPace.IsUncounted(spread, _ownIssuer, store.Now)
                ? (spread.Act, Count(data, spread.Act)) : default,
            cancellationToken).ConfigureAwait(false);
        if (counted.Act is { } act)
        {
            await store.RunAsync(new CountDecision(act, counted.Item2, null), cancellationToken).ConfigureAwait(false);
        }
    }

    // Null if none is due.
    private SpreadDecision? StepOf(LogPosition act)
    {
        if (store.Facts.SpreadOf(act) is not { } spread)
        {
            return null;
        }

        var due = Seek(spread, SpreadPace.DueAt(spread, store.Now));
        return SpreadPace.IsDue(spread, due, _ownIssuer, store.Now, () => store.Facts.Get(new IssuerOf(spread.Act.Issuer)))
            ? new(spread, due) : null;
    }

    private static SpreadDecision Overtaken() => throw new StoreUnavailableException("Another store has taken the step.");

    private SoughtSessions Seek(OpenSpread spread, int most)
    {
        var (found, to) = (new List<Session>(), spread.After);
        foreach (var row in store.Facts.Named(spread.Act.Match).Where(row => row.Number > spread.After)
            .TakeWhile(_ => found.Count < most))
        {
            to = row.Number;
            if (IsTouched(spread.Act, row.Session))
            {
                found.Add(row.Session);
            }
        }

        return new(found, to, IsMore: found.Count == SpreadDecision.MostAtOnce);
    }
}
