namespace Rescind.StoreContract;

/// <summary>One run: a store, its model, and what is done to both.</summary>
internal sealed class ModelRun(ModelContract suite, Random random, OpenedStore store) : IAsyncDisposable
{
    private const long IdleSeconds = 3 * 86400;
    private const long ForgottenSeconds = 7 * 86400;

    private static readonly string[] Subjects = ["alice", "bob", "carol"];
    private static readonly string[] Clients = ["web", "app"];
    private static readonly string[] Tenants = ["acme", "globex"];
    private static readonly string[] Actors = [StoreSuite.Caller.Actor, "subject:alice"];

    private readonly StoreModel _model = new();
    private readonly List<string> _steps = [];
    private OpenedStore _store = store;
    private long _saved;
    private long _savedHere;
    private SteadyClock _clock = new(suite.Time, suite.Time.GetUtcNow(), SteadyClock.PatienceToForget);
    private bool _isRegistered;

    public IReadOnlyList<string> Steps => _steps;

    public HashSet<string> Seen { get; } = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async Task StepAsync()
    {
        if (!_isRegistered)
        {
            // With declared lifetimes acts are forgotten some day.
            _isRegistered = true;
            await _store.Registry.SaveIssuerAsync(StoreSuite.OwnRecord, StoreSuite.Caller, Cancel);
            var told = new ClientRecord { ClientId = StoreModel.Told, Kind = ClientKind.Public,
                LogoutUri = "https://app.example/logout" };
            await _store.Registry.SaveClientAsync(StoreModel.Told, told, StoreSuite.Caller, Cancel);
        }

        Move();
        await (random.Next(100) switch
        {
            < 22 => StartAsync(),
            < 55 => RotateAsync(),
            < 61 => ChangeAsync(),
            < 70 => RevokeAsync(),
            < 77 => EndOnceAsync(),
            < 85 => LiftAsync(),
            < 90 => LookAsync(isTold: random.Next(2) == 0),
            < 94 => PurgeAsync(),
            < 97 => ReopenAsync(),
            _ => KillAsync(),
        });
    }

    /// <summary>Every session, every act and the head are what the model says.</summary>
    public async Task CompareAsync()
    {
        foreach (var session in _model.Sessions.Values)
        {
            var found = (await _store.Sessions.FindAsync(session.Row.Id, Cancel)).ShouldNotBeNull();
            var end = _model.EndOf(session);
            (found.Generation, found.LastRefreshedAt, found.IdleExpiresAt, found.RetriesInARow, found.EndedBy, found.BlockedBy)
                .ShouldBe((
                    session.Row.Generation, session.Row.LastRefreshedAt, session.Row.IdleExpiresAt, session.Row.RetriesInARow,
                    end, end is null ? _model.BlockOf(session.Row, suite.Now) : null));
        }

        foreach (var act in _model.Acts)
        {
            (await _store.Revocations.FindAsync(act.Position, Cancel)).ShouldBe(act);
        }

        var registry = await _store.Registry.LoadAsync(Cancel);
        registry.Restored.ShouldBeFalse();
        if (_model.Acts.Count > 0)
        {
            registry.Head.Position.ShouldBe(_model.Head);
        }
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    // Mostly within one second, sometimes minutes, rarely days.
    private void Move() => suite.Time.Advance(random.Next(20) switch
    {
        < 14 => TimeSpan.FromMilliseconds(random.Next(300)),
        < 19 => TimeSpan.FromMinutes(random.Next(120)),
        _ => TimeSpan.FromHours(random.Next(60)),
    });

    private void Say(string what, string about = "")
    {
        Seen.Add(what);
        _steps.Add($"{suite.Time.GetUtcNow():dd HH:mm:ss.fff} {what} {about}");
    }

    private async Task StartAsync()
    {
        var draft = suite.NewSession(
            Pick(Subjects), Pick(Clients), random.Next(2) == 0 ? [new("tenant", "acme", default)] : []) with
        {
            IdleExpiresAt = suite.Now + IdleSeconds, ExpiresAt = suite.Now + 10 * 86400,
        };
        var block = _model.BlockOf(draft, suite.Now);
        Say(block is null ? "start" : "refused", $"{draft.Subject} {draft.ClientId} {draft.Tags.Count}");

        var outcome = await _store.Sessions.StartAsync(new() { Session = draft, Audit = StoreSuite.Caller }, Cancel);

        (outcome.Result, outcome.By)
            .ShouldBe(block is null ? (StartResult.Started, default) : (StartResult.Blocked, block.Value));
        if (outcome.Session is { } started)
        {
            _model.Started(started);
        }
    }

    private async Task RotateAsync()
    {
        if (_model.Sessions.Count == 0)
        {
            return;
        }

        var session = Pick([.. _model.Sessions.Values]);
        var current = session.Row.Generation;
        var generation = random.Next(12) switch
        {
            < 6 => current, < 9 => current - 1, 9 => current + 1, 10 => 0u, _ => (uint)random.Next((int)current + 1),
        };
        var isOwn = random.Next(15) != 0;
        var expected = generation == 0 || !isOwn ? RotationResult.Refused
            : _model.Expect(session, generation, suite.Now, StoreSuite.Caller.Actor);
        Say(expected.ToString(), $"{session.Row.Subject} {generation} of {current}");

        var outcome = await _store.Sessions.RotateAsync(
            new()
            {
                SessionId = session.Row.Id, Generation = generation, ClientId = isOwn ? session.Row.ClientId : "another",
                IdleLifetime = TimeSpan.FromSeconds(IdleSeconds), Audit = StoreSuite.Caller,
            },
            Cancel);

        outcome.Result.ShouldBe(expected);
        await FollowAsync(session, outcome);
        (outcome.Session?.Generation ?? 0).ShouldBe(expected is RotationResult.Refused ? 0 : session.Row.Generation);
    }

    private async Task ChangeAsync()
    {
        if (_model.Sessions.Count == 0)
        {
            return;
        }

        var (session, tenant) = (Pick([.. _model.Sessions.Values]), Pick(Tenants));
        var expected = _model.ExpectChange(session, tenant, suite.Now);
        Say($"change {expected}", $"{session.Row.Subject} to {tenant}");

        var outcome = await _store.Sessions.ChangeAsync(
            new()
            {
                SessionId = session.Row.Id, Tags = new Dictionary<string, string> { ["tenant"] = tenant }, Allows = _ => true,
                Audit = StoreSuite.Caller,
            },
            Cancel);

        outcome.Result.ShouldBe(expected);
        if (expected is ChangeResult.Changed)
        {
            _model.Appended((await _store.Revocations.FindAsync(outcome.By, Cancel)).ShouldNotBeNull());
            session.Change(tenant, outcome.By);
        }
    }

    private async Task FollowAsync(ModelSession session, RotationOutcome outcome)
    {
        switch (outcome.Result)
        {
            case RotationResult.Rotated:
                session.Rotate(suite.Now, IdleSeconds);
                break;
            case RotationResult.Repeated:
                session.Repeat();
                break;
            case RotationResult.Ended:
                outcome.By.ShouldBe(_model.EndOf(session)!.Value);
                break;
            case RotationResult.Blocked:
                outcome.By.ShouldBe(_model.BlockOf(session.Row, suite.Now)!.Value);
                break;
            case RotationResult.Reused or RotationResult.FromTheFuture:
                _model.Appended((await _store.Revocations.FindAsync(outcome.By, Cancel)).ShouldNotBeNull());
                break;
        }
    }

    private async Task RevokeAsync()
    {
        var match = random.Next(10) switch
        {
            < 4 when _model.Sessions.Count > 0 => Match.Session(Pick([.. _model.Sessions.Keys])),
            < 7 => Match.Subject(Pick(Subjects)),
            7 => Match.Client(Pick(Clients)),
            8 => Match.Tag("tenant", Pick(Tenants)),
            _ => Match.Issuer,
        };
        var effect = match.Kind is MatchKind.Session or MatchKind.Issuer || random.Next(2) == 0 ? Effect.End : Effect.Block;
        long? second = effect is Effect.Block ? suite.Now + random.Next(3600) : null;
        Say("revoke", $"{match} {effect} {second}");

        var outcome = await _store.Revocations.RevokeAsync(StoreSuite.Draft(match, effect, second), Cancel);

        _model.Appended(outcome.Revocation!);
    }

    // Whatever state it is in: what else ends or blocks it may be lifted or run out later.
    private async Task EndOnceAsync()
    {
        if (_model.Sessions.Count == 0)
        {
            return;
        }

        var (session, actor) = (Pick([.. _model.Sessions.Values]), Pick(Actors));
        var (match, wasOver) = (Match.Session(session.Row.Id), _model.EndOf(session) is not null);
        var standing = _model.OwnEndOf(match, actor);
        Say(standing is not null ? "end again" : wasOver ? "end what is ended" : "end", $"{session.Row.Subject} {actor}");

        var draft = StoreSuite.Draft(match) with { Once = true, Audit = new(actor, null, null) };
        var outcome = await _store.Revocations.RevokeAsync(draft, Cancel);

        outcome.Result.ShouldBe(standing is null ? RevokeResult.Appended : RevokeResult.Repeated);
        if (standing is null)
        {
            _model.Appended(outcome.Revocation!);
        }
        else
        {
            outcome.Revocation.ShouldBe(standing);
        }
    }

    private async Task LiftAsync()
    {
        if (_model.Acts.LastOrDefault(act => act.LiftedBy is null && random.Next(3) == 0) is not { } act)
        {
            return;
        }

        Say("lift", $"{act.Match} {act.Effect}");
        var outcome = await _store.Revocations.LiftAsync(act.Position, StoreSuite.Caller, Cancel);

        outcome.Result.ShouldBe(LiftResult.Done);
        _model.Lifted(act, outcome.Position);
    }

    // The store looks back, however late and whatever was lifted meanwhile, and finds what the model knew at once. A
    // session that lives again may have changed its tags since, and nothing is told of it.
    private async Task LookAsync(bool isTold)
    {
        Say(isTold ? "tell" : "look");
        while (await _store.Logouts.ExpandAsync(Cancel))
        {
        }

        var logouts = await _store.Logouts.ReadAsync(StoreModel.Told, 0, int.MaxValue, Cancel);
        logouts.Where(logout => logout.Stands).Select(logout => (logout.SessionId, logout.Act)).ShouldBe(
            _model.LogoutsAt(suite.Now), ignoreOrder: true);
        if (isTold)
        {
            await _store.Logouts.SettleAsync([.. logouts.Select(logout => (logout, LogoutResult.Delivered))], Cancel);
            _model.ToldAll();
        }
    }

    // An Authority looks at once, and long before anything is forgotten.
    private async Task PurgeAsync()
    {
        await LookAsync(isTold: false);
        Say("purge");
        var believed = _clock.Believed.ToUnixTimeSeconds();
        (_saved, _savedHere) = Math.Abs(believed - _savedHere) >= 3600 ? (believed, believed) : (_saved, _savedHere);
        _model.ForgetSessions(believed - ForgottenSeconds);
        await _store.Revocations.PurgeAsync(Cancel);
        foreach (var act in _model.Acts.Where(act => act.At < suite.Now - ForgottenSeconds).ToList())
        {
            if (await _store.Revocations.FindAsync(act.Position, Cancel) is null)
            {
                Say("forgotten", $"{act.Match} {act.Effect}");
                _model.Forget(act, suite.Now);
            }
        }

        await CompareAsync();
    }

    private async Task ReopenAsync()
    {
        Say("reopen");
        await _store.DisposeAsync();
        _store = await suite.OpenAsync();
        await BeginAgainAsync();
    }

    private async Task KillAsync()
    {
        Say("kill");
        _store = await suite.OpenAfterKillAsync(_store);
        await BeginAgainAsync();
    }

    // How long it was closed is not known: the newest that is dated in it is, and what time it was when it last forgot anything.
    private async Task BeginAgainAsync()
    {
        var audited = (await _store.Registry.AuditAsync(new(null, null, null, default, int.MaxValue), Cancel)).Rows[^1].At;
        var newest = Math.Max(audited, (await _store.Registry.LoadAsync(Cancel)).Head.At);
        var past = _saved == 0 ? newest : Math.Min(newest, _saved + Retention.ForgettingMargin - 3600);
        _savedHere = 0;
        _clock = new(suite.Time, DateTimeOffset.FromUnixTimeSeconds(past), SteadyClock.PatienceToForget);
        await CompareAsync();
    }

    private T Pick<T>(T[] choices) => choices[random.Next(choices.Length)];
}
