namespace Rescind.StoreContract;

/// <summary>
/// Random renewals of tenants, spread and not, with refreshes, lifts and restarts between; and what the log then says
/// of every token that was ever minted, against all acts looked at anew.
/// </summary>
internal sealed class SpreadRun(StoreSuite suite, Random random, OpenedStore store) : IAsyncDisposable
{
    private const long Longest = 60;

    private static readonly string[] Tenants = ["acme", "globex"];

    private readonly List<(Match Session, Match Tenant, LogPosition Head)> _tokens = [];
    private readonly List<Session> _sessions = [];
    private readonly List<Revocation> _acts = [];
    private readonly Dictionary<Match, RevocationState> _map = [];
    private OpenedStore _store = store.Watch();
    private int _read;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async Task StepAsync()
    {
        suite.Time.Advance(TimeSpan.FromMilliseconds(random.Next(4000)));
        await (random.Next(20) switch
        {
            < 6 => StartAsync(),
            < 12 => RotateAsync(),
            < 15 => RenewAsync(),
            < 17 => LiftAsync(),
            < 19 => Task.CompletedTask,
            _ => ReopenAsync(),
        });
        await _store.Revocations.AdvanceSpreadsAsync(Cancel);
        Compare();
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    // Dead to the whole of an act that is over, never to one that is younger than it or was taken back.
    private void Compare()
    {
        foreach (var entry in _store.Published.Skip(_read))
        {
            _map[entry.Match!] = entry.State!;
            _read++;
        }

        foreach (var (session, tenant, head) in _tokens)
        {
            var by = new[] { RenewedBy(session), RenewedBy(tenant) }.Max();
            var mine = _acts.Where(act => act.LiftedBy is null && act.Match == tenant && act.Position > head).ToList();
            var over = mine.Where(act => act.At + act.Spread <= suite.Now).Select(act => act.Position).DefaultIfEmpty().Max();
            by.ShouldBeGreaterThanOrEqualTo(over);
            (by <= head || mine.Any(act => act.Position == by))
                .ShouldBeTrue($"{session} of {tenant} at {head} was renewed by {by}");
        }
    }

    private LogPosition RenewedBy(Match match) => _map.TryGetValue(match, out var state) ? state.Renew.By : default;

    private async Task StartAsync()
    {
        var tag = new SessionTag("tenant", Tenants[random.Next(Tenants.Length)], default);
        var draft = suite.NewSession($"user-{_sessions.Count}", tags: tag);
        var started = (await _store.Sessions.StartAsync(new() { Session = draft, Audit = StoreSuite.Caller }, Cancel)).Session!;
        _sessions.Add(started);
        Minted(started, started.Started);
    }

    private async Task RotateAsync()
    {
        if (_sessions.Count == 0)
        {
            return;
        }

        var index = random.Next(_sessions.Count);
        var attempt = new RotationAttempt
        {
            SessionId = _sessions[index].Id, Generation = _sessions[index].Generation, ClientId = _sessions[index].ClientId,
            IdleLifetime = TimeSpan.FromDays(14), Audit = StoreSuite.Caller,
        };
        var outcome = await _store.Sessions.RotateAsync(attempt, Cancel);
        _sessions[index] = outcome.Session!;
        Minted(outcome.Session!, outcome.Head);
    }

    private async Task RenewAsync()
    {
        var match = Match.Tag("tenant", Tenants[random.Next(Tenants.Length)]);
        var draft = StoreSuite.Draft(match, Effect.Renew)
            with { Spread = random.Next(4) == 0 ? 0 : 1 + random.NextInt64(Longest) };
        _acts.Add((await _store.Revocations.RevokeAsync(draft, Cancel)).Revocation!);
    }

    private async Task LiftAsync()
    {
        if (_acts.FindLastIndex(act => act.LiftedBy is null && random.Next(2) == 0) is >= 0 and var index)
        {
            _acts[index] = (await _store.Revocations.LiftAsync(_acts[index].Position, StoreSuite.Caller, Cancel)).Revocation!;
        }
    }

    private async Task ReopenAsync()
    {
        await _store.DisposeAsync();
        _store = (await suite.OpenAsync()).Watch();
        _read = 0;
    }

    private void Minted(Session session, LogPosition head) =>
        _tokens.Add((Match.Session(session.Id), Match.Tag("tenant", session.Tags[0].Value), head));
}
