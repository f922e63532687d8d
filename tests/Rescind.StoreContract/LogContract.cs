namespace Rescind.StoreContract;

/// <summary>The log: one order, no gaps, kept as long as it is needed (G3, G6).</summary>
public abstract class LogContract : StoreSuite
{
    [Fact]
    public async Task Positions_rise_strictly_under_every_clock_and_the_chain_proves_the_whole_log()
    {
        await using var store = (await OpenAsync()).Watch();
        var steps = new[] { 0.0, 0, -5, 3, -8, 60, -10, 0, 1 };
        foreach (var seconds in steps)
        {
            Time.AdjustTime(Time.GetUtcNow() + TimeSpan.FromSeconds(seconds));
            await RevokeAsync(store, Match.Subject("alice"));
            await Task.WhenAll(Enumerable.Range(0, 3).Select(i => RevokeAsync(store, Match.Subject("s" + i))));
        }

        var log = await ReadProvedLogAsync(store);
        log.Count.ShouldBe(4 * steps.Length);
        log.ShouldBe(store.Published);
        log.Zip(log.Skip(1)).ShouldAllBe(pair => pair.First.At <= pair.Second.At);
    }

    [Fact]
    public async Task A_clock_too_far_behind_appends_nothing_until_it_is_right()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession("bob"));
        var act = await RevokeAsync(store, Match.Subject("alice"));
        var right = Time.GetUtcNow();
        Time.AdjustTime(right - TimeSpan.FromSeconds(LogHead.MaxClockLag + 1));

        await Should.ThrowAsync<StoreUnavailableException>(() => RevokeAsync(store, Match.Subject("bob")));
        await Should.ThrowAsync<StoreUnavailableException>(() => store.Revocations.LiftAsync(act.Position, Caller, Cancel));
        (await RotateAsync(store, session)).Result.ShouldBe(RotationResult.Rotated);
        (await HeadAsync(store)).Position.ShouldBe(act.Position);
        Time.AdjustTime(right);

        (await RevokeAsync(store, Match.Subject("bob"))).Position.ShouldBeGreaterThan(act.Position);
    }

    [Fact]
    public async Task What_is_published_is_durable_already_and_in_order_and_comes_before_the_answer()
    {
        await using var store = (await OpenAsync()).Watch();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            var act = await RevokeAsync(store, Match.Subject("s" + i));
            store.Published.ShouldContain(entry => entry.Position == act.Position);
        })));

        (await ReadProvedLogAsync(store)).ShouldBe(store.Published);
    }

    [Fact]
    public async Task A_page_begins_after_any_known_position_and_nowhere_else()
    {
        await using var store = await OpenAsync();
        var acts = new List<Revocation>();
        for (var i = 0; i < 5; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(1));
            acts.Add(await RevokeAsync(store, Match.Subject("s" + i)));
        }

        var page = (await store.Revocations.ReadAsync(acts[1].Position, 2, Cancel))!;
        page.Entries.Select(entry => entry.Position).ShouldBe([acts[2].Position, acts[3].Position]);
        page.Head.ShouldBe(await HeadAsync(store));
        (await store.Revocations.ReadAsync(default, 10, Cancel))!.Before.ShouldBe(LogChain.Start(page.Head.Epoch));
        (await store.Revocations.ReadAsync(acts[4].Position, 10, Cancel))!.Entries.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_position_that_is_none_of_this_log_has_no_chain_and_is_not_taken_for_one_that_went()
    {
        await using var store = await OpenAsync();
        var gone = await RevokeAsync(store, Match.Subject("alice"));
        Time.Advance(TimeSpan.FromHours(2));
        await store.Revocations.PurgeAsync(Cancel);
        var kept = await RevokeAsync(store, Match.Subject("bob"));

        foreach (var stranger in new[] { gone.Position.Value + 1, kept.Position.Value - 1, kept.Position.Value + 1 })
        {
            var page = (await store.Revocations.ReadAsync(new(stranger), 10, Cancel)).ShouldNotBeNull();
            page.Before.ShouldBeNull();
            page.Entries.ShouldBeEmpty();
            page.Head.ShouldBe(await HeadAsync(store));
        }

        (await store.Revocations.ReadAsync(new(gone.Position.Value - 1), 10, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_snapshot_is_the_live_map_with_registry_and_keys_first()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(Record(OwnIssuer), Caller, Cancel);
        var dead = await RevokeAsync(store, Match.Subject("alice"));
        Time.Advance(TimeSpan.FromSeconds(dead.RememberUntil + Retention.ForgettingMargin - Now + 1));
        var lifted = await RevokeAsync(store, Match.Subject("bob"));
        await store.Revocations.LiftAsync(lifted.Position, Caller, Cancel);
        await RevokeAsync(store, Match.Issuer, issuer: ForeignIssuer);
        await store.Registry.SaveKeysAsync(
            [new("kid", "ES256", KeyState.Active, new byte[] { 1 }, "{}", Now, Now, null)], Caller, Cancel);

        var (head, entries) = await SnapshotAsync(store);

        head.ShouldBe(await HeadAsync(store));
        entries.Select(entry => (entry.Kind, entry.Issuer, entry.Match)).ShouldBe(
        [
            (LogEntryKind.Issuer, OwnIssuer, Match.Issuer), (LogEntryKind.Key, OwnIssuer, Match.Key("kid")),
            (LogEntryKind.State, OwnIssuer, Match.Subject("bob")), (LogEntryKind.State, ForeignIssuer, Match.Issuer),
        ]);
        var log = (await ReadProvedLogAsync(store)).ToDictionary(entry => entry.Position);
        entries.ShouldAllBe(entry => entry == log[entry.Position]);
    }

    [Fact]
    public async Task The_log_is_kept_for_an_hour_and_its_chain_goes_on_from_what_went()
    {
        await using var store = await OpenAsync();
        var old = await RevokeAsync(store, Match.Subject("alice"));
        var older = await RevokeAsync(store, Match.Subject("alice"));
        Time.Advance(TimeSpan.FromHours(1));
        (await store.Revocations.PurgeAsync(Cancel)).ShouldBe(0);
        var newer = await RevokeAsync(store, Match.Subject("bob"));
        Time.Advance(TimeSpan.FromSeconds(1));

        (await store.Revocations.PurgeAsync(Cancel)).ShouldBe(2);

        (await store.Revocations.ReadAsync(default, 10, Cancel)).ShouldBeNull();
        (await store.Revocations.ReadAsync(old.Position, 10, Cancel)).ShouldBeNull();
        (await ReadProvedLogAsync(store, older.Position)).Single().Position.ShouldBe(newer.Position);
        (await SnapshotAsync(store)).Entries.Count.ShouldBe(2);
        Time.Advance(TimeSpan.FromHours(2));
        await store.Revocations.PurgeAsync(Cancel);
        (await ReadProvedLogAsync(store, newer.Position)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_state_goes_after_its_date_and_an_act_when_no_session_that_it_could_touch_lives()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(Record(OwnIssuer), Caller, Cancel);
        var session = await StartAsync(store, NewSession() with { IdleExpiresAt = Now + 30 * 86400 });
        var needed = await RevokeAsync(store, Match.Subject("alice"));
        Time.Advance(TimeSpan.FromDays(29));
        await store.Revocations.PurgeAsync(Cancel);

        (await SnapshotAsync(store)).Entries.ShouldNotContain(entry => entry.Kind == LogEntryKind.State);
        (await RotateAsync(store, session)).By.ShouldBe(needed.Position);
        Time.Advance(TimeSpan.FromDays(2));
        await store.Revocations.PurgeAsync(Cancel);
        (await store.Revocations.FindAsync(needed.Position, Cancel)).ShouldBeNull();
        (await store.Sessions.FindAsync(session.Id, Cancel)).ShouldNotBeNull();
        Time.Advance(TimeSpan.FromDays(7));
        await store.Revocations.PurgeAsync(Cancel);
        (await store.Sessions.FindAsync(session.Id, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task Whatever_was_acknowledged_is_there_after_opening_again()
    {
        Session session;
        LogHead head;
        await using (var store = await OpenAsync())
        {
            session = (await RotateAsync(store, await StartAsync(store, NewSession()))).Session!;
            await RevokeAsync(store, Match.Subject("bob"));
            head = await HeadAsync(store);
        }

        await using var again = await OpenAsync();
        (await HeadAsync(again)).ShouldBe(head);
        ShouldBeSame(await FindAsync(again, session), session);
        (await again.Registry.LoadAsync(Cancel)).Restored.ShouldBeFalse();
        var act = await RevokeAsync(again, Match.Subject("bob"));
        act.Position.ShouldBeGreaterThan(head.Position);
        (await ReadProvedLogAsync(again)).Count.ShouldBe(2);
    }
}
