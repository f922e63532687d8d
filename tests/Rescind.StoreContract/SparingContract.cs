namespace Rescind.StoreContract;

/// <summary>
/// Acts that spare sessions, with exceptions or with a cutoff in the past: the log carries one entry for each session
/// that they select, all with the act as their cause; and the act goes on judging sessions as it was meant.
/// </summary>
public abstract class SparingContract : StoreSuite
{
    [Fact]
    public async Task An_exception_lives_on_and_the_others_are_ended_one_by_one()
    {
        await using var store = (await OpenAsync()).Watch();
        var (spared, one) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession()));
        var two = await StartAsync(store, NewSession());

        var act = (await store.Revocations.RevokeAsync(
            Draft(Match.Subject("alice")) with { Except = [spared.Id] }, Cancel)).Revocation!;

        store.Published.Select(entry => entry.Match).ShouldBe(
            [Match.Session(one.Id), Match.Session(two.Id), Match.Subject("alice")], ignoreOrder: true);
        store.Published[^1].Position.ShouldBe(act.Position);
        store.Published[^1].State!.IsEmpty.ShouldBeTrue();
        store.Published.SkipLast(1).ShouldAllBe(entry => entry.State!.End.By == act.Position && entry.Position < act.Position);
        (await FindAsync(store, spared)).EndedBy.ShouldBeNull();
        (await FindAsync(store, one)).EndedBy.ShouldBe(act.Position);
        (await RotateAsync(store, two)).Result.ShouldBe(RotationResult.Ended);
        (await RotateAsync(store, spared)).Result.ShouldBe(RotationResult.Rotated);
        (await RotateAsync(store, await StartAsync(store, NewSession()))).Result.ShouldBe(RotationResult.Rotated);
    }

    [Fact]
    public async Task Whoever_another_act_had_ended_long_before_is_ended_by_it_as_well_once_that_is_lifted()
    {
        await using var store = (await OpenAsync()).Watch();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var (spared, hit) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession()));
        var first = await RevokeAsync(store, Match.Client("web"));
        Time.Advance(TimeSpan.FromDays(2));
        var published = store.Published.Count;
        var act = (await store.Revocations.RevokeAsync(
            Draft(Match.Subject("alice")) with { Except = [spared.Id] }, Cancel)).Revocation!;
        store.Published.Skip(published).Select(entry => entry.Match)
            .ShouldBe([Match.Subject("alice")], "No token of theirs can be used.");

        await store.Revocations.LiftAsync(first.Position, Caller, Cancel);

        (await FindAsync(store, hit)).EndedBy.ShouldBe(act.Position);
        (await RotateAsync(store, spared)).Result.ShouldBe(RotationResult.Rotated);
        published = store.Published.Count;
        await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
        (await RotateAsync(store, hit)).Result.ShouldBe(RotationResult.Rotated);
        store.Published.Skip(published).Select(entry => entry.Match).ShouldBe([Match.Subject("alice")]);
    }

    [Fact]
    public async Task A_cutoff_in_the_past_spares_what_was_started_from_that_second_on()
    {
        await using var store = await OpenAsync();
        var old = await StartAsync(store, NewSession());
        Time.Advance(TimeSpan.FromSeconds(10));
        var (cutoff, then) = (Now, await StartAsync(store, NewSession()));
        Time.Advance(TimeSpan.FromSeconds(10));

        var outcome = await store.Revocations.RevokeAsync(Draft(Match.Subject("alice"), second: cutoff), Cancel);

        outcome.Sessions.ShouldBe(1);
        (await FindAsync(store, old)).EndedBy.ShouldBe(outcome.Revocation!.Position);
        (await FindAsync(store, then)).EndedBy.ShouldBeNull();
    }

    [Fact]
    public async Task A_login_from_after_a_cutoff_in_the_past_may_start_and_one_from_before_may_not()
    {
        await using var store = await OpenAsync();
        await RevokeAsync(store, Match.Subject("alice"), second: Now - 60);

        (await TryStartAsync(store, NewSession() with { AuthenticatedAt = Now - 61 })).Result
            .ShouldBe(StartResult.LoginBeforeEnd);
        (await TryStartAsync(store, NewSession() with { AuthenticatedAt = Now - 30 })).Result.ShouldBe(StartResult.Started);
    }

    [Fact]
    public async Task An_act_that_would_select_too_many_is_refused_and_whoever_is_over_or_younger_does_not_count()
    {
        const int most = 2_000;
        await using var store = await OpenAsync();
        await StartManyAsync(10, NewSession() with { IdleExpiresAt = Now + 60 });
        await StartManyAsync(most + 1, NewSession());
        Time.Advance(TimeSpan.FromDays(2));
        var cutoff = Now;
        await StartManyAsync(10, NewSession());
        Time.Advance(TimeSpan.FromSeconds(10));
        var (before, draft) = (await HeadAsync(store), Draft(Match.Subject("alice"), second: cutoff));

        (await store.Revocations.RevokeAsync(draft, Cancel)).Result.ShouldBe(RevokeResult.TooMany);
        (await HeadAsync(store)).ShouldBe(before);
        var one = (await store.Sessions.ListAsync(new("alice", null, 200, null), Cancel)).Sessions[^1];
        var taken = await store.Revocations.RevokeAsync(draft with { Except = [one.Id] }, Cancel);
        (taken.Result, taken.Sessions).ShouldBe((RevokeResult.Appended, most));

        Task StartManyAsync(int count, Session session) => Task.WhenAll(
            Enumerable.Range(0, count).Select(_ => StartAsync(store, session with { Id = Entropy.System.NextId() })));
    }

    [Fact]
    public async Task A_renew_with_exceptions_reaches_the_tokens_of_the_others_alone_and_ends_nobody()
    {
        await using var store = (await OpenAsync()).Watch();
        var (spared, hit) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession()));

        var draft = Draft(Match.Subject("alice"), Effect.Renew) with { Except = [spared.Id] };
        var act = (await store.Revocations.RevokeAsync(draft, Cancel)).Revocation!;

        var entry = store.Published[0];
        (entry.Match, entry.State!.Renew.By, entry.State.End.IsEmpty).ShouldBe((Match.Session(hit.Id), act.Position, true));
        (await RotateAsync(store, hit)).Head.ShouldBeGreaterThanOrEqualTo(act.Position);
    }

    [Fact]
    public async Task A_lift_takes_back_every_entry_of_the_act_and_nothing_that_another_act_did()
    {
        await using var store = (await OpenAsync()).Watch();
        var (spared, one) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession()));
        var both = await StartAsync(store, NewSession());
        var act = (await store.Revocations.RevokeAsync(
            Draft(Match.Subject("alice")) with { Except = [spared.Id] }, Cancel)).Revocation!;
        var other = await RevokeAsync(store, Match.Session(both.Id));

        var lift = await store.Revocations.LiftAsync(act.Position, Caller, Cancel);

        lift.Position.ShouldBe(store.Published[^1].Position);
        Latest(one).IsEmpty.ShouldBeTrue();
        Latest(both).End.By.ShouldBe(other.Position);
        (await FindAsync(store, one)).EndedBy.ShouldBeNull();
        (await FindAsync(store, both)).EndedBy.ShouldBe(other.Position);
        (await RotateAsync(store, one)).Result.ShouldBe(RotationResult.Rotated);

        RevocationState Latest(Session session) => store.Published.Last(entry => entry.Match == Match.Session(session.Id)).State!;
    }

    [Fact]
    public async Task A_lift_gives_back_very_many_sessions_some_at_a_time_and_all_of_them_before_it_is_answered()
    {
        await using var store = (await OpenAsync()).Watch();
        var sessions = await Task.WhenAll(Enumerable.Range(0, 301).Select(_ => StartAsync(store, NewSession())));
        var other = await RevokeAsync(store, Match.Session(sessions[200].Id));
        var draft = Draft(Match.Subject("alice")) with { Except = ["another"] };
        var act = (await store.Revocations.RevokeAsync(draft, Cancel)).Revocation!;
        var commits = store.Commits;

        var lift = await store.Revocations.LiftAsync(act.Position, Caller, Cancel);

        (lift.Result, lift.Sessions, store.Commits - commits).ShouldBe((LiftResult.Done, 300, 4));
        var latest = store.Published.GroupBy(entry => entry.Match!)
            .ToDictionary(entries => entries.Key, entries => entries.Last());
        sessions.Select(session => latest[Match.Session(session.Id)].State!.End.By)
            .ShouldBe(sessions.Select(session => session == sessions[200] ? other.Position : default));
        foreach (var session in sessions)
        {
            (await FindAsync(store, session)).EndedBy.ShouldBe(session == sessions[200] ? other.Position : null);
        }

        var published = store.Published.Count;
        await store.Revocations.AdvanceSpreadsAsync(Cancel);
        store.Published.Count.ShouldBe(published);
    }

    [Fact]
    public async Task What_an_act_spares_and_selected_is_known_after_a_restart()
    {
        string spared, hit;
        LogPosition position;
        await using (var store = await OpenAsync())
        {
            (spared, hit) = ((await StartAsync(store, NewSession())).Id, (await StartAsync(store, NewSession())).Id);
            var draft = Draft(Match.Subject("alice")) with { Except = [spared] };
            position = (await store.Revocations.RevokeAsync(draft, Cancel)).Revocation!.Position;
        }

        await using var again = (await OpenAsync()).Watch();

        var act = (await again.Revocations.FindAsync(position, Cancel)).ShouldNotBeNull();
        (act.BySession, act.Except).ShouldBe((true, act.Except));
        act.Except.ShouldBe([spared]);
        (await again.Revocations.LiftAsync(position, Caller, Cancel)).Result.ShouldBe(LiftResult.Done);
        again.Published.Select(entry => entry.Match).ShouldContain(Match.Session(hit));
    }

    [Fact]
    public async Task A_confirmed_number_covers_a_fifth_more_and_ten_and_not_one_beyond()
    {
        await using var store = await OpenAsync();
        for (var i = 0; i < 17; i++)
        {
            await StartAsync(store, NewSession());
        }

        var draft = Draft(Match.Client("web"));
        var refused = await store.Revocations.RevokeAsync(draft with { Confirm = 5 }, Cancel);
        var taken = await store.Revocations.RevokeAsync(draft with { Confirm = 6 }, Cancel);

        (refused.Result, refused.Sessions, refused.Revocation).ShouldBe((RevokeResult.NotConfirmed, 17, null));
        taken.Result.ShouldBe(RevokeResult.Appended);
        taken.Revocation!.BySession.ShouldBeFalse();
    }

    [Fact]
    public async Task A_repeated_request_is_answered_as_then_though_its_number_holds_no_more()
    {
        await using var store = await OpenAsync();
        await StartAsync(store, NewSession());
        var draft = Draft(Match.Client("web")) with { Confirm = 0, Idempotency = new(Caller.Actor, "key", "hash") };
        var first = await store.Revocations.RevokeAsync(draft, Cancel);
        for (var i = 0; i < 20; i++)
        {
            await StartAsync(store, NewSession());
        }

        (await store.Revocations.RevokeAsync(draft, Cancel)).ShouldBe(first with { Result = RevokeResult.Repeated });
    }

    [Fact]
    public async Task A_preview_counts_as_the_act_will_and_writes_nothing()
    {
        await using var store = await OpenAsync();
        var spared = await StartAsync(store, NewSession());
        await StartAsync(store, NewSession());
        var before = await HeadAsync(store);
        var draft = Draft(Match.Subject("alice")) with { Except = [spared.Id] };

        var preview = await store.Revocations.PreviewAsync(draft, Cancel);

        (preview.Result, preview.Sessions, preview.Known).ShouldBe((RevokeResult.Previewed, 1, true));
        (await HeadAsync(store)).ShouldBe(before);
        (await store.Revocations.RevokeAsync(draft, Cancel)).Sessions.ShouldBe(1);
    }
}
