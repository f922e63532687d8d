namespace Rescind.StoreContract;

/// <summary>
/// A renewal that is spread reaches one session after another, its whole match at the end, and nothing that began after
/// it; a lift gives all of that back.
/// </summary>
public abstract class SpreadContract : StoreSuite
{
    private const long Spread = 60;

    private static readonly SessionTag Tenant = new("tenant", "acme", default);
    private static readonly Match Acme = Match.Tag("tenant", "acme");

    [Fact]
    public async Task The_act_itself_reaches_nobody_and_each_part_of_the_time_its_part_of_the_sessions()
    {
        await using var store = (await OpenAsync()).Watch();
        var sessions = await StartManyAsync(store, 20);
        var act = await SpreadAsync(store);

        var reached = new List<int>();
        for (var second = 0; second < Spread; second += 15)
        {
            await store.Revocations.AdvanceSpreadsAsync(Cancel);
            reached.Add(sessions.Count(session => IsReached(store, session, act)));
            Time.Advance(TimeSpan.FromSeconds(15));
        }

        reached.ShouldBe([0, 5, 10, 15]);
        IsReached(store, Acme, act).ShouldBeFalse();
    }

    [Fact]
    public async Task At_the_end_it_reaches_its_whole_match_once()
    {
        await using var store = (await OpenAsync()).Watch();
        await StartManyAsync(store, 3);
        var act = await SpreadAsync(store);
        Time.Advance(TimeSpan.FromSeconds(Spread));

        await store.Revocations.AdvanceSpreadsAsync(Cancel);
        var published = store.Published.Count;
        await store.Revocations.AdvanceSpreadsAsync(Cancel);

        var last = store.Published[^1];
        (last.Match, last.State!.Renew.By).ShouldBe((Acme, act.Position));
        store.Published.Count.ShouldBe(published);
        (await FindAsync(store, act)).Spread.ShouldBe(Spread);
    }

    [Fact]
    public async Task Whoever_refreshed_meanwhile_or_started_meanwhile_is_not_sent_again()
    {
        await using var store = (await OpenAsync()).Watch();
        var sessions = await StartManyAsync(store, 4);
        var act = await SpreadAsync(store);
        Time.Advance(TimeSpan.FromSeconds(30));
        await RotateAsync(store, sessions[1]);
        var started = await StartAsync(store, NewSession("late", tags: Tenant));

        await store.Revocations.AdvanceSpreadsAsync(Cancel);
        Time.Advance(TimeSpan.FromSeconds(29));
        await store.Revocations.AdvanceSpreadsAsync(Cancel);

        sessions.Select(session => IsReached(store, session, act)).ShouldBe([true, false, true, false]);
        IsReached(store, started, act).ShouldBeFalse();
        started.Started.ShouldBeGreaterThanOrEqualTo(act.Position);
    }

    [Fact]
    public async Task What_was_begun_is_carried_on_after_a_restart()
    {
        IReadOnlyList<Session> sessions;
        Revocation act;
        await using (var store = await OpenAsync())
        {
            sessions = await StartManyAsync(store, 4);
            act = await SpreadAsync(store);
            Time.Advance(TimeSpan.FromSeconds(15));
            await store.Revocations.AdvanceSpreadsAsync(Cancel);
        }

        Time.Advance(TimeSpan.FromSeconds(15));
        await using var again = (await OpenAsync()).Watch();
        await again.Revocations.AdvanceSpreadsAsync(Cancel);

        sessions.Select(session => IsReached(again, session, act)).ShouldBe([false, true, false, false]);
    }

    [Fact]
    public async Task Many_sessions_at_once_are_reached_in_bites()
    {
        await using var store = (await OpenAsync()).Watch();
        var sessions = await StartManyAsync(store, 1201);
        var act = await SpreadAsync(store, spread: 2);
        Time.Advance(TimeSpan.FromSeconds(1));
        var before = store.Commits;

        await store.Revocations.AdvanceSpreadsAsync(Cancel);

        sessions.Count(session => IsReached(store, session, act)).ShouldBe(600);
        (store.Commits - before).ShouldBe(2);
    }

    [Fact]
    public async Task Sessions_that_are_too_many_to_be_counted_before_the_answer_are_spread_like_others()
    {
        const int count = 6_000;
        await using var store = (await OpenAsync()).Watch();
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => StartAsync(store, NewSession($"user-{i}", tags: Tenant))));
        var act = await SpreadAsync(store);

        var reached = new List<int>();
        for (var second = 0; second < Spread; second += 15)
        {
            await store.Revocations.AdvanceSpreadsAsync(Cancel);
            reached.Add(store.Published.Count(entry => entry.State?.Renew.By == act.Position && entry.Match != Acme));
            Time.Advance(TimeSpan.FromSeconds(15));
        }

        reached.ShouldBe([0, count / 4, count / 2, count * 3 / 4]);
        (await FindAsync(store, act)).Sessions.ShouldBe(count);
    }

    [Theory]
    [InlineData(Spread - 1)]
    [InlineData(Spread)]
    public async Task A_lift_gives_back_all_that_was_reached_and_nothing_more_is(long lifted)
    {
        await using var store = (await OpenAsync()).Watch();
        var sessions = await StartManyAsync(store, 1201);
        var act = await SpreadAsync(store);
        Time.Advance(TimeSpan.FromSeconds(Spread - 1));
        await store.Revocations.AdvanceSpreadsAsync(Cancel);
        Time.Advance(TimeSpan.FromSeconds(lifted - Spread + 1));
        await store.Revocations.AdvanceSpreadsAsync(Cancel);
        sessions.Count(session => IsReached(store, session, act)).ShouldBe(1180);

        await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
        await store.Revocations.AdvanceSpreadsAsync(Cancel);
        Time.Advance(TimeSpan.FromSeconds(Spread));
        var published = store.Published.Count;
        await store.Revocations.AdvanceSpreadsAsync(Cancel);

        sessions.ShouldAllBe(session => !IsReached(store, session, act));
        IsReached(store, Acme, act).ShouldBeFalse();
        store.Published.Count.ShouldBe(published);
        store.Published.Where(entry => entry.State is { IsEmpty: true } && entry.Match != Acme)
            .Select(entry => entry.State!.RememberUntil).Distinct()
            .ShouldBe([act.RememberUntil]);
    }

    [Fact]
    public async Task Another_act_on_a_session_leaves_it_reached()
    {
        await using var store = (await OpenAsync()).Watch();
        var session = (await StartManyAsync(store, 1))[0];
        var act = await SpreadAsync(store, spread: 1);
        await RevokeAsync(store, Match.Session(session.Id), Effect.Reauthenticate);
        Time.Advance(TimeSpan.FromSeconds(1));
        await store.Revocations.AdvanceSpreadsAsync(Cancel);

        IsReached(store, Acme, act).ShouldBeTrue();
        store.Published.Last(entry => entry.Match == Match.Session(session.Id)).State!.Reauthenticate.IsEmpty.ShouldBeFalse();
    }

    [Fact]
    public async Task At_another_issuer_the_cutoff_climbs_from_what_has_expired_to_the_act_and_the_cause_stays_one()
    {
        await using var store = (await OpenAsync()).Watch();
        await store.Registry.SaveIssuerAsync(Record(ForeignIssuer), Caller, Cancel);
        var act = await SpreadAsync(store, issuer: ForeignIssuer);

        var cutoffs = new List<Slot>();
        for (var second = 0; second <= Spread; second += 20)
        {
            await store.Revocations.AdvanceSpreadsAsync(Cancel);
            cutoffs.Add(store.Published.Last(entry => entry.Match == Acme).State!.Renew);
            Time.Advance(TimeSpan.FromSeconds(20));
        }

        cutoffs.Select(slot => slot.Second - act.At).ShouldBe([-300, -200, -100, 0]);
        cutoffs.ShouldAllBe(slot => slot.By == act.Position);
        (await FindAsync(store, act)).RememberUntil.ShouldBe(act.RememberUntil);
    }

    [Fact]
    public async Task At_another_issuer_a_long_spread_is_no_more_than_a_hundred_entries()
    {
        await using var store = (await OpenAsync()).Watch();
        await store.Registry.SaveIssuerAsync(Record(ForeignIssuer), Caller, Cancel);
        await SpreadAsync(store, spread: 300, issuer: ForeignIssuer);

        for (var second = 0; second <= 301; second++)
        {
            await store.Revocations.AdvanceSpreadsAsync(Cancel);
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        store.Published.Count(entry => entry.Match == Acme).ShouldBe(1 + 100);
    }

    [Fact]
    public async Task
        Whatever_happens_meanwhile_an_act_that_is_over_has_reached_all_and_none_reaches_what_is_younger_or_was_given_back()
    {
        for (var seed = 1; seed <= CountOf(100); seed++)
        {
            await using var run = new SpreadRun(this, new Random(seed), await OpenEmptyAsync());
            for (var step = 0; step < 120; step++)
            {
                await run.StepAsync();
            }
        }
    }

    /// <summary>The store of a run of its own: empty, on the clock of this test.</summary>
    internal abstract Task<OpenedStore> OpenEmptyAsync();

    private async Task<IReadOnlyList<Session>> StartManyAsync(OpenedStore store, int count)
    {
        var sessions = new List<Session>();
        for (var i = 0; i < count; i++)
        {
            sessions.Add(await StartAsync(store, NewSession($"user-{i}", tags: Tenant)));
        }

        return sessions;
    }

    private static async Task<Revocation> SpreadAsync(OpenedStore store, long spread = Spread, string issuer = OwnIssuer)
    {
        var draft = Draft(Acme, Effect.Renew, issuer: issuer) with { Spread = spread };
        return (await store.Revocations.RevokeAsync(draft, Cancel)).Revocation!;
    }

    private static async Task<Revocation> FindAsync(OpenedStore store, Revocation act) =>
        (await store.Revocations.FindAsync(act.Position, Cancel)).ShouldNotBeNull();

    private static bool IsReached(OpenedStore store, Session session, Revocation act) =>
        IsReached(store, Match.Session(session.Id), act);

    private static bool IsReached(OpenedStore store, Match match, Revocation act) =>
        store.Published.LastOrDefault(entry => entry.Match == match)?.State?.Renew.By == act.Position;
}
