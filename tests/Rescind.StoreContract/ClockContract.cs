namespace Rescind.StoreContract;

/// <summary>A clock that is wrong for a while: nothing is forgotten by it, and nothing is dated by it (G6).</summary>
public abstract class ClockContract : StoreSuite
{
    public static TheoryData<int> Jumps => [600, 3600, 86_400, 100 * 86_400];

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task A_clock_that_is_ahead_for_a_while_takes_nothing_out_of_any_table_nor_out_of_a_snapshot(int seconds)
    {
        await using var store = await OpenAsync();
        var filled = await FillAsync(store);
        var before = (await SnapshotAsync(store)).Entries;

        Time.Set(TimeSpan.FromSeconds(seconds));
        for (var minute = 0; minute < 10; minute++)
        {
            (await store.Revocations.PurgeAsync(Cancel)).ShouldBe(0);
            (await SnapshotAsync(store)).Entries.ShouldBe(before);
            Time.Advance(TimeSpan.FromMinutes(1));
        }

        Time.Set(TimeSpan.FromSeconds(-seconds));
        (await store.Revocations.PurgeAsync(Cancel)).ShouldBe(0);
        await StillThereAsync(store, filled);
    }

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task A_start_under_a_clock_that_is_ahead_forgets_nothing_either(int seconds)
    {
        Filled filled;
        List<LogEntry> before;
        await using (var store = await OpenAsync())
        {
            filled = await FillAsync(store);
            before = (await SnapshotAsync(store)).Entries;
        }

        Time.Set(TimeSpan.FromSeconds(seconds));
        await using (var store = await OpenAsync())
        {
            (await store.Revocations.PurgeAsync(Cancel)).ShouldBe(0);
            Time.Advance(TimeSpan.FromMinutes(1));
            (await store.Revocations.PurgeAsync(Cancel)).ShouldBe(0);
            (await SnapshotAsync(store)).Entries.ShouldBe(before);
        }

        Time.Set(TimeSpan.FromSeconds(-seconds));
        await using var again = await OpenAsync();
        (await again.Revocations.PurgeAsync(Cancel)).ShouldBe(0);
        await StillThereAsync(again, filled);
    }

    [Fact]
    public async Task What_a_clock_that_is_ahead_has_dated_makes_no_later_start_forget_either()
    {
        Filled filled;
        await using (var store = await OpenAsync())
        {
            filled = await FillAsync(store);
            await store.Revocations.PurgeAsync(Cancel);
        }

        Time.Set(TimeSpan.FromDays(100));
        await using (var store = await OpenAsync())
        {
            await StartAsync(store, NewSession("eve"));
        }

        await using var again = await OpenAsync();
        await again.Revocations.PurgeAsync(Cancel);
        Time.Advance(TimeSpan.FromMinutes(10));
        await again.Revocations.PurgeAsync(Cancel);

        (await SnapshotAsync(again)).Entries.Count(entry => entry.Kind == LogEntryKind.State).ShouldBe(2);
        (await again.Sessions.FindAsync(filled.Ended.Id, Cancel)).ShouldNotBeNull();
        (await again.Sessions.FindAsync(filled.Living.Id, Cancel)).ShouldNotBeNull();
        (await again.Registry.AuditAsync(new("alice", null, null, default, 10), Cancel)).Rows.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(22, true)]
    [InlineData(22, false)]
    [InlineData(10 * 24, true)]
    [InlineData(10 * 24, false)]
    public async Task Starts_under_a_clock_that_is_further_ahead_each_time_forget_nothing_together(
        int hours, bool isForgottenFirst)
    {
        Filled filled;
        await using (var store = await OpenAsync())
        {
            filled = await FillAsync(store);
            if (isForgottenFirst)
            {
                await store.Revocations.PurgeAsync(Cancel);
            }
        }

        var before = Now;
        for (var start = 0; start < 4; start++)
        {
            Time.Set(TimeSpan.FromHours(hours));
            await using var store = await OpenAsync();
            await StartAsync(store, NewSession("eve"));
            await store.Revocations.PurgeAsync(Cancel);
        }

        await using var again = await OpenAsync();
        (await SnapshotAsync(again, before)).Entries.Count(entry => entry.Kind == LogEntryKind.State).ShouldBe(2);
        await again.Revocations.PurgeAsync(Cancel);
        (await again.Sessions.FindAsync(filled.Ended.Id, Cancel)).ShouldNotBeNull();
        (await again.Registry.AuditAsync(new("alice", null, null, default, 10), Cancel)).Rows.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Time_that_passes_under_a_clock_that_is_doubted_makes_up_for_nothing()
    {
        await using (var store = await OpenAsync())
        {
            await FillAsync(store);
            await RevokeAsync(store, Match.Subject("mallory"), Effect.Block, Now + (20 * 3600));
            await store.Revocations.PurgeAsync(Cancel);
        }

        var begun = Now;
        for (var start = 0; start < 3; start++)
        {
            Time.Set(TimeSpan.FromDays(100));
            await using var store = await OpenAsync();
            await StartAsync(store, NewSession("eve"));
            Time.Advance(TimeSpan.FromHours(6));
            await store.Revocations.PurgeAsync(Cancel);
        }

        await using var again = await OpenAsync();
        await again.Revocations.PurgeAsync(Cancel);
        (await SnapshotAsync(again, begun + (18 * 3600))).Entries.ShouldContain(entry => entry.Match == Match.Subject("mallory"));
    }

    [Fact]
    public async Task Starts_go_on_with_time_that_has_passed_while_the_store_was_open()
    {
        Filled filled;
        await using (var store = await OpenAsync())
        {
            filled = await FillAsync(store);
        }

        for (var day = 0; day < 100; day++)
        {
            await using var store = await OpenAsync();
            await StartAsync(store, NewSession("eve"));
            Time.Advance(TimeSpan.FromHours(12));
            await StartAsync(store, NewSession("eve"));
            await store.Revocations.PurgeAsync(Cancel);
            await store.DisposeAsync();
            Time.Advance(TimeSpan.FromHours(12));
        }

        await using var again = await OpenAsync();
        await again.Revocations.PurgeAsync(Cancel);
        (await SnapshotAsync(again)).Entries.ShouldNotContain(entry => entry.Kind == LogEntryKind.State);
        (await again.Sessions.FindAsync(filled.Ended.Id, Cancel)).ShouldBeNull();
    }

    [Theory]
    [InlineData(600)]
    [InlineData(3600)]
    public async Task What_goes_by_seconds_reaches_the_newest_login_although_the_clock_was_set_back(int seconds)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        Time.Set(TimeSpan.FromSeconds(-seconds));

        var act = await RevokeAsync(store, Match.Subject("alice"), Effect.Reauthenticate);

        (act.At, act.Second).ShouldBe((Now, session.AuthenticatedAt));
        var block = await RevokeAsync(store, Match.Subject("alice"), Effect.Block, Now + 60);
        block.Second.ShouldBe(Now + 60);
    }

    [Fact]
    public async Task A_clock_that_has_stood_ahead_for_a_day_is_believed()
    {
        await using var store = await OpenAsync();
        await FillAsync(store);
        Time.Set(TimeSpan.FromDays(100));
        await store.Revocations.PurgeAsync(Cancel);
        Time.Advance(SteadyClock.PatienceToForget);

        (await store.Revocations.PurgeAsync(Cancel)).ShouldBeGreaterThan(4);

        (await SnapshotAsync(store)).Entries.ShouldNotContain(entry => entry.Kind == LogEntryKind.State);
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(-86_400)]
    public async Task A_clock_that_is_set_back_forgets_nothing_and_goes_on_when_it_is_right(int seconds)
    {
        await using var store = await OpenAsync();
        var filled = await FillAsync(store);
        Time.Set(TimeSpan.FromSeconds(seconds));
        (await store.Revocations.PurgeAsync(Cancel)).ShouldBe(0);
        var refused = await Should.ThrowAsync<ClockRefusedException>(() => RevokeAsync(store, Match.Subject("bob")));
        Time.Set(TimeSpan.FromSeconds(-seconds));

        refused.Message.ShouldStartWith("RSC1012");
        refused.Refusal.Until.ShouldBe(DateTimeOffset.FromUnixTimeSeconds((await HeadAsync(store)).At - LogHead.MaxClockLag));
        (await store.Revocations.PurgeAsync(Cancel)).ShouldBe(0);
        await StillThereAsync(store, filled);
        await RevokeAsync(store, Match.Subject("bob"));
    }

    [Fact]
    public async Task A_snapshot_leaves_out_what_is_past_its_date_by_two_clocks_or_for_a_day_by_one()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var act = await RevokeAsync(store, Match.Subject("alice"));
        (await HoldsAsync(act.RememberUntil + 1)).ShouldBeTrue();
        Time.Advance(TimeSpan.FromSeconds(act.RememberUntil + 1 - Now));

        (await HoldsAsync(null), await HoldsAsync(act.RememberUntil), await HoldsAsync(act.RememberUntil + 1))
            .ShouldBe((true, true, false));
        Time.Advance(TimeSpan.FromSeconds(Retention.ForgettingMargin));
        (await HoldsAsync(null), await HoldsAsync(act.RememberUntil)).ShouldBe((false, true));

        async Task<bool> HoldsAsync(long? now) =>
            (await SnapshotAsync(store, now)).Entries.Exists(entry => entry.Kind == LogEntryKind.State);
    }

    [Fact]
    public async Task An_idempotency_key_outlives_starts_under_a_clock_that_is_ahead()
    {
        var draft = Draft(Match.Subject("alice")) with { Idempotency = new(Caller.Actor, "key", "hash") };
        await using (var store = await OpenAsync())
        {
            await store.Revocations.RevokeAsync(draft, Cancel);
            Time.Advance(TimeSpan.FromHours(2));
            await store.Revocations.PurgeAsync(Cancel);
        }

        Time.Set(TimeSpan.FromHours(23));
        for (var start = 0; start < 2; start++)
        {
            await using var store = await OpenAsync();
            await StartAsync(store, NewSession("eve"));
            await store.Revocations.PurgeAsync(Cancel);
        }

        Time.Set(TimeSpan.FromHours(-23));
        await using var again = await OpenAsync();
        (await again.Revocations.RevokeAsync(draft, Cancel)).Result.ShouldBe(RevokeResult.Repeated);
    }

    [Fact]
    public async Task Whoever_needs_what_went_under_a_clock_that_was_ahead_is_sent_nothing_once_it_is_right_again()
    {
        Revocation act;
        await using (var store = await OpenAsync())
        {
            await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
            act = await RevokeAsync(store, Match.Subject("alice"));
            Time.Advance(TimeSpan.FromHours(4));
            await store.Revocations.PurgeAsync(Cancel);
        }

        Time.Set(TimeSpan.FromHours(23));
        for (var start = 0; start < 2; start++)
        {
            await using var store = await OpenAsync();
            await StartAsync(store, NewSession("eve"));
            await store.Revocations.PurgeAsync(Cancel);
        }

        Time.Set(TimeSpan.FromHours(-23));
        await using var again = await OpenAsync();
        await again.Revocations.PurgeAsync(Cancel);
        (await SnapshotAsync(again)).Entries.ShouldNotContain(entry => entry.Kind == LogEntryKind.State);
        (await SnapshotAsync(again, act.RememberUntil + 1)).Entries.ShouldNotContain(entry => entry.Kind == LogEntryKind.State);
        (await Should.ThrowAsync<ForgottenException>(() => SnapshotAsync(again, act.RememberUntil))).Message
            .ShouldStartWith("RSC1913");
        (await Should.ThrowAsync<ForgottenException>(
            () => SnapshotAsync(again, new SnapshotTime(act.RememberUntil, IsSecondClock: false)))).Message
            .ShouldStartWith("RSC1913");
    }

    [Theory]
    [InlineData(61)]
    [InlineData(600)]
    [InlineData(86_400)]
    public async Task A_clock_that_jumps_ahead_dates_nothing_until_it_has_stood_there_for_a_minute(int seconds)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        var act = await RevokeAsync(store, Match.Subject("bob"));

        Time.Set(TimeSpan.FromSeconds(seconds));
        await RefusedAsync(store, session, act);
        Time.Set(TimeSpan.FromSeconds(-seconds));
        (await RevokeAsync(store, Match.Subject("carol"))).At.ShouldBe(Now);

        Time.Set(TimeSpan.FromSeconds(seconds));
        await RefusedAsync(store, session, act);
        Time.Advance(TimeSpan.FromSeconds(59));
        await RefusedAsync(store, session, act);
        Time.Advance(TimeSpan.FromSeconds(1));
        (await RevokeAsync(store, Match.Subject("dave"))).At.ShouldBe(Now);
        (await RotateAsync(store, session)).Result.ShouldBe(RotationResult.Rotated);
    }

    [Fact]
    public async Task A_session_that_is_over_by_a_clock_that_jumped_is_not_told_so()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        Time.Set(TimeSpan.FromDays(200));

        await Should.ThrowAsync<ClockRefusedException>(() => RotateAsync(store, session));

        Time.Set(TimeSpan.FromDays(-200));
        (await RotateAsync(store, session)).Result.ShouldBe(RotationResult.Rotated);
    }

    [Fact]
    public async Task A_step_of_up_to_a_minute_is_believed_at_once()
    {
        await using var store = await OpenAsync();
        var before = await RevokeAsync(store, Match.Subject("bob"));
        Time.Set(TimeSpan.FromSeconds(60));

        (await RevokeAsync(store, Match.Subject("bob"))).At.ShouldBe(before.At + 60);
    }

    [Theory]
    [InlineData(2_147_483_647L)]
    [InlineData(4_294_967_295L)]
    public async Task Seconds_beyond_32_bits_are_seconds_like_any_other(long last)
    {
        Time.AdjustTime(DateTimeOffset.FromUnixTimeSeconds(last - 1));
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var acts = new List<Revocation>();
        for (var second = 0; second < 4; second++)
        {
            acts.Add(await RevokeAsync(store, Match.Subject($"s{second}")));
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        acts.Select(act => act.At).ShouldBe([last - 1, last, last + 1, last + 2]);
        (await SnapshotAsync(store)).Entries.Count(entry => entry.Kind == LogEntryKind.State).ShouldBe(4);
        Time.Advance(TimeSpan.FromSeconds(acts[1].RememberUntil + Retention.ForgettingMargin + 1 - Now));
        (await SnapshotAsync(store)).Entries.Count(entry => entry.Kind == LogEntryKind.State).ShouldBe(2);
    }

    // Something of everything that is forgotten some day; all of it would be past its date 100 days on.
    private async Task<Filled> FillAsync(OpenedStore store)
    {
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var (ended, living) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession("bob")));
        await RevokeAsync(store, Match.Session(ended.Id));
        var draft = Draft(Match.Subject("alice")) with { Idempotency = new(Caller.Actor, "key", "hash") };
        await store.Revocations.RevokeAsync(draft, Cancel);
        var verifier = new StoredVerifier("orders", "a", "Orders", null, null, 5000, new(7), Now);
        await store.Registry.SaveVerifiersAsync(new([verifier], [], []), Cancel);
        return new(ended, living, draft);
    }

    private static async Task StillThereAsync(OpenedStore store, Filled filled)
    {
        (await store.Sessions.FindAsync(filled.Ended.Id, Cancel)).ShouldNotBeNull();
        (await RotateAsync(store, filled.Living)).Result.ShouldBe(RotationResult.Rotated);
        (await store.Revocations.RevokeAsync(filled.Draft, Cancel)).Result.ShouldBe(RevokeResult.Repeated);
        (await store.Registry.LoadAsync(Cancel)).Verifiers.Count.ShouldBe(1);
        (await store.Registry.AuditAsync(new("alice", null, null, default, 10), Cancel)).Rows.Count.ShouldBe(3);
    }

    private async Task RefusedAsync(OpenedStore store, Session session, Revocation act)
    {
        var head = await HeadAsync(store);
        Func<Task>[] calls =
        [
            () => RevokeAsync(store, Match.Subject("eve")), () => store.Revocations.LiftAsync(act.Position, Caller, Cancel),
            () => TryStartAsync(store, NewSession("eve")), () => RotateAsync(store, session),
        ];
        foreach (var call in calls)
        {
            (await Should.ThrowAsync<ClockRefusedException>(call)).Message.ShouldStartWith("RSC1028");
        }

        (await HeadAsync(store)).ShouldBe(head);
    }

    private sealed record Filled(Session Ended, Session Living, RevocationDraft Draft);
}
