using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;
using SQLitePCL;

namespace Rescind.Authority.Tests.Stores;

/// <summary>
/// What SQLite does for one call does not grow with what was done to the same match before; counted by SQLite, not by a clock.
/// </summary>
public sealed class StepTests : StoreSuite, IDisposable
{
    private const int KeysOfOneActor = 500;

    private readonly TemporaryFolder _folder = new();
    private readonly List<sqlite3_stmt> _statements = [];
    private long _mostOfOneCommit;
    private bool _isWatching;

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(
        _folder.Path, Time, options => options with
        {
            Prepared = (_, statement) => _statements.Add(statement), MaxKeysOfOneActor = KeysOfOneActor, Before = Watch,
        });

    [Theory]
    [InlineData(Effect.Renew)]
    [InlineData(Effect.Reauthenticate)]
    public async Task A_refresh_takes_no_more_steps_however_often_its_person_was_renewed(Effect effect)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await RevokeAsync(store, Match.Subject("alice"), effect);
        await RotateAsync(store, session, 1);
        var before = await StepsOfAsync(() => RotateAsync(store, session, 2));

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => RevokeAsync(store, Match.Subject("alice"), effect)));

        (await StepsOfAsync(() => RotateAsync(store, session, 3))).ShouldBeLessThanOrEqualTo(before + 50);
    }

    [Theory]
    [InlineData(Effect.Block, 1)]
    [InlineData(Effect.Block, 1_000_000)]
    [InlineData(Effect.End, null)]
    public async Task A_refresh_takes_no_more_steps_however_often_its_person_was_blocked_or_logged_out_since_its_login(
        Effect effect, int? seconds)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await RevokeManyAsync(1);
        var before = await StepsOfAsync(() => RotateAsync(store, session, 1));

        await RevokeManyAsync(1000);

        (await StepsOfAsync(() => RotateAsync(store, session, 1))).ShouldBeLessThanOrEqualTo(before + 50);

        async Task RevokeManyAsync(int count)
        {
            await Task.WhenAll(
                Enumerable.Range(0, count).Select(_ => RevokeAsync(store, Match.Subject("alice"), effect, Now + seconds)));
            Time.Advance(TimeSpan.FromSeconds(2));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refresh_takes_no_more_steps_however_many_acts_have_spared_its_session(bool byName)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await SpareAsync(1);
        var before = await StepsOfAsync(() => RotateAsync(store, session, 1));

        await SpareAsync(1000);

        (await StepsOfAsync(() => RotateAsync(store, session, 1))).ShouldBeLessThanOrEqualTo(before + 50);

        Task SpareAsync(int count) => Task.WhenAll(Enumerable.Range(0, count).Select(_ => store.Revocations.RevokeAsync(
            byName ? Draft(Match.Subject("alice")) with { Except = [session.Id] } : Draft(Match.Client("web"), second: Now - 1),
            Cancel)));
    }

    [Fact]
    public async Task A_lift_takes_no_more_steps_however_many_acts_have_selected_its_session()
    {
        await using var store = await OpenAsync();
        var (one, spared) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession()));
        var before = await StepsOfAsync(await RenewedAsync(2));

        (await StepsOfAsync(await RenewedAsync(1000))).ShouldBeLessThanOrEqualTo(before + 50);
        (await FindAsync(store, one)).EndedBy.ShouldBeNull();

        async Task<Func<Task>> RenewedAsync(int count)
        {
            var acts = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => store.Revocations.RevokeAsync(
                Draft(Match.Subject("alice"), Effect.Renew) with { Except = [spared.Id] }, Cancel)));
            return () => store.Revocations.LiftAsync(acts[0].Revocation!.Position, Caller, Cancel);
        }
    }

    [Fact]
    public async Task A_lift_of_an_end_of_a_session_takes_no_more_steps_however_often_that_was_done()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await EndAndLiftAsync();
        var before = await StepsOfAsync(EndAndLiftAsync);

        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => EndAndLiftAsync()));

        (await StepsOfAsync(EndAndLiftAsync)).ShouldBeLessThanOrEqualTo(before + 100);
        (await FindAsync(store, session)).EndedBy.ShouldBeNull();

        async Task EndAndLiftAsync()
        {
            var act = await RevokeAsync(store, Match.Session(session.Id));
            await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
        }
    }

    [Theory]
    [InlineData(Effect.Block)]
    [InlineData(Effect.End)]
    public async Task A_look_for_logouts_takes_no_more_steps_however_much_its_sessions_went_through(Effect effect)
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveClientAsync(
            "web", new() { ClientId = "web", Kind = ClientKind.Public, LogoutUri = "https://web.example/logout" },
            Caller, Cancel);
        await StartAsync(store, NewSession());
        var before = await LookAsync(50);

        (await LookAsync(1000)).ShouldBeLessThanOrEqualTo(before + 100);

        async Task<long> LookAsync(int count)
        {
            await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
            {
                var act = await RevokeAsync(store, Match.Subject("alice"), effect, effect is Effect.Block ? Now + 1 : null);
                await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
            }));
            Time.Advance(TimeSpan.FromSeconds(2));
            while (await store.Logouts.ExpandAsync(Cancel))
            {
            }

            await RevokeAsync(store, Match.Subject("alice"), Effect.Block, Now + 1);
            return await StepsOfAsync(() => store.Logouts.ExpandAsync(Cancel));
        }
    }

    [Fact]
    public async Task A_note_takes_no_more_steps_however_many_lines_its_session_has()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        var note = new AuditNote("claims.refused", Caller, "too much", "alice", session.Id);
        await NoteAsync(100);
        var before = await StepsOfAsync(() => store.Registry.NoteAsync(note with { OnceWithin = TimeSpan.FromHours(1) }, Cancel));

        await NoteAsync(1000);

        var other = note with { Action = "session.changed", OnceWithin = TimeSpan.FromHours(1) };
        (await StepsOfAsync(() => store.Registry.NoteAsync(other, Cancel))).ShouldBeLessThanOrEqualTo(before + 50);

        Task NoteAsync(int count) => Task.WhenAll(Enumerable.Range(0, count).Select(_ =>
            store.Registry.NoteAsync(note with { Action = "refresh.retried" }, Cancel)));
    }

    [Fact]
    public async Task An_act_is_forgotten_in_steps_however_many_sessions_it_had_selected()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        await Task.WhenAll(Enumerable.Range(0, 2000).Select(_ => StartAsync(store, NewSession())));
        await store.Revocations.RevokeAsync(Draft(Match.Subject("alice"), Effect.Renew) with { Except = ["another"] }, Cancel);
        Time.Advance(TimeSpan.FromDays(200));
        _isWatching = true;

        await store.Revocations.PurgeAsync(Cancel);

        (await store.Revocations.ListAsync(new(), default, 10, Cancel)).Rows.ShouldBeEmpty();
        _mostOfOneCommit.ShouldBeLessThan(50_000);
    }

    [Fact]
    public async Task A_login_takes_no_more_steps_however_often_its_person_was_logged_out()
    {
        await using var store = await OpenAsync();
        await RevokeAsync(store, Match.Subject("alice"));
        Time.Advance(TimeSpan.FromSeconds(1));
        await StartAsync(store, Login());
        var before = await StepsOfAsync(() => StartAsync(store, Login()));

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => RevokeAsync(store, Match.Subject("alice"))));
        Time.Advance(TimeSpan.FromSeconds(1));

        (await StepsOfAsync(() => StartAsync(store, Login()))).ShouldBeLessThanOrEqualTo(before + 50);
    }

    [Theory]
    [InlineData(Effect.End)]
    [InlineData(Effect.Renew)]
    public async Task An_act_takes_no_more_steps_however_many_there_are_on_its_match(Effect effect)
    {
        await using var store = await OpenAsync();
        await RevokeAsync(store, Match.Subject("alice"), effect);
        var before = await StepsOfAsync(() => RevokeAsync(store, Match.Subject("alice"), effect));

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => RevokeAsync(store, Match.Subject("alice"), effect)));

        (await StepsOfAsync(() => RevokeAsync(store, Match.Subject("alice"), effect))).ShouldBeLessThanOrEqualTo(before + 50);
    }

    [Fact]
    public async Task A_spread_looks_once_at_sessions_that_are_over_however_long_it_takes()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var living = await StartAsync(store, NewSession());
        Session[] ending = [await StartAsync(store, NewSession()), await StartAsync(store, NewSession())];
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => StartAsync(store, NewSession() with { IdleExpiresAt = Now })));
        await store.Revocations.RevokeAsync(Draft(Match.Client("web"), Effect.Renew) with { Spread = 100 }, Cancel);
        foreach (var session in ending)
        {
            await RevokeAsync(store, Match.Session(session.Id));
        }

        Time.Advance(TimeSpan.FromSeconds(60));
        await AdvanceAsync();
        Time.Advance(TimeSpan.FromSeconds(35));
        await AdvanceAsync();

        (await StepsOfAsync(AdvanceAsync)).ShouldBeLessThan(500);
        (await store.Revocations.ReadAsync(default, 100, Cancel))!.Entries
            .ShouldContain(entry => entry.Match == Match.Session(living.Id));

        Task AdvanceAsync() => store.Revocations.AdvanceSpreadsAsync(Cancel);
    }

    [Fact]
    public async Task An_act_under_a_key_takes_no_more_steps_however_many_keys_its_actor_has_sent()
    {
        await using var store = await OpenAsync();
        await RevokeUnderKeysAsync(0, 2);
        var before = await StepsOfAsync(() => RevokeUnderKeysAsync(2, 1));

        await RevokeUnderKeysAsync(3, 2 * KeysOfOneActor);

        (await StepsOfAsync(() => RevokeUnderKeysAsync(3 + (2 * KeysOfOneActor), 1))).ShouldBeLessThanOrEqualTo(before + 200);

        Task RevokeUnderKeysAsync(int first, int count) => Task.WhenAll(
            Enumerable.Range(first, count).Select(i => store.Revocations.RevokeAsync(
                Draft(Match.Subject("alice")) with { Once = true, Idempotency = new(Caller.Actor, $"key-{i}", "hash") },
                Cancel)));
    }

    [Fact]
    public async Task A_look_for_logouts_passes_over_so_many_sessions_of_others_and_the_next_goes_on_there()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveClientAsync(
            "shop", new() { ClientId = "shop", Kind = ClientKind.Public, LogoutUri = "https://shop.example/logout" },
            Caller, Cancel);
        await Task.WhenAll(Enumerable.Range(0, 6_000).Select(i => StartAsync(store, NewSession($"user-{i}"))));
        var told = await StartAsync(store, NewSession(client: "shop"));
        await RevokeAsync(store, Match.Issuer);

        (await store.Logouts.ExpandAsync(Cancel)).ShouldBeTrue();
        (await store.Logouts.WaitingAsync(Cancel)).ShouldBeEmpty();
        while (await store.Logouts.ExpandAsync(Cancel))
        {
        }

        (await store.Logouts.ReadAsync("shop", 0, 10, Cancel)).Select(logout => logout.SessionId).ShouldBe([told.Id]);
    }

    [Fact]
    public async Task A_purge_takes_no_more_steps_however_many_sessions_have_expired_while_none_lives()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        await ExpireAsync(600);
        var before = await StepsOfAsync(() => store.Revocations.PurgeAsync(Cancel));

        await ExpireAsync(5_000);

        (await StepsOfAsync(() => store.Revocations.PurgeAsync(Cancel))).ShouldBeLessThanOrEqualTo(before + 15_000);

        async Task ExpireAsync(int count)
        {
            await Task.WhenAll(
                Enumerable.Range(0, count).Select(_ => StartAsync(store, NewSession() with { IdleExpiresAt = Now })));
            Time.Advance(TimeSpan.FromDays(2));
            await store.Revocations.PurgeAsync(Cancel);
        }
    }

    [Fact]
    public async Task Behind_very_many_sessions_that_have_expired_the_oldest_that_lives_keeps_what_can_touch_it()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var expires = Now + 198 * 86400;
        await Task.WhenAll(Enumerable.Range(0, 1200).Select(_ =>
            StartAsync(store, NewSession() with { IdleExpiresAt = expires, ExpiresAt = expires })));
        var older = await RevokeAsync(store, Match.Subject("bob"));
        var living = await StartAsync(
            store, NewSession() with { IdleExpiresAt = 2 * expires, ExpiresAt = 2 * expires });
        var younger = await RevokeAsync(store, Match.Subject("bob"));
        Time.Advance(TimeSpan.FromDays(200));

        await store.Revocations.PurgeAsync(Cancel);

        (await store.Revocations.FindAsync(older.Position, Cancel)).ShouldBeNull();
        (await store.Revocations.FindAsync(younger.Position, Cancel)).ShouldNotBeNull();
        (await FindAsync(store, living)).StateAt(Now).ShouldBe(SessionState.Active);
    }

    [Fact]
    public async Task A_lift_holds_the_writer_no_longer_however_many_sessions_its_act_had_selected()
    {
        await using var store = await OpenAsync();
        var before = await MostOfALiftAsync("alice", 150);

        (await MostOfALiftAsync("bob", 600)).ShouldBeLessThanOrEqualTo(before + (before / 10));

        async Task<long> MostOfALiftAsync(string subject, int sessions)
        {
            await Task.WhenAll(Enumerable.Range(0, sessions).Select(_ => StartAsync(store, NewSession(subject))));
            var draft = Draft(Match.Subject(subject)) with { Except = ["another"] };
            var act = (await store.Revocations.RevokeAsync(draft, Cancel)).Revocation!;
            (_isWatching, _mostOfOneCommit) = (true, 0);
            await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
            _isWatching = false;
            return _mostOfOneCommit;
        }
    }

    private void Watch(WriteStep step)
    {
        if (_isWatching && step is WriteStep.Begin)
        {
            Take();
        }
        else if (_isWatching && step is WriteStep.Commit)
        {
            _mostOfOneCommit = Math.Max(_mostOfOneCommit, Take());
        }
    }

    private Session Login() => NewSession() with { AuthenticatedAt = Now };

    // The writer and the readers each prepare on a thread of their own, but none while nothing runs.
    private async Task<long> StepsOfAsync(Func<Task> call)
    {
        Take();
        await call();
        return Take();
    }

    private long Take() =>
        _statements.ToArray().Sum(static statement => (long)raw.sqlite3_stmt_status(statement, raw.SQLITE_STMTSTATUS_VM_STEP, 1));
}
