namespace Rescind.StoreContract;

/// <summary>What must hold whoever comes first.</summary>
public abstract class RaceContract : StoreSuite
{
    private const int Callers = 64;

    [Fact]
    public async Task Of_64_refreshes_with_one_token_one_moves_the_generation_and_all_hold_the_same()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        for (uint generation = 1; generation <= CountOf(1000); generation++)
        {
            var outcomes = await Task.WhenAll(
                Enumerable.Range(0, Callers).Select(_ => Task.Run(() => RotateAsync(store, session, generation))));

            outcomes.Count(outcome => outcome.Result is RotationResult.Rotated).ShouldBe(1);
            outcomes.Count(outcome => outcome.Result is RotationResult.Repeated).ShouldBe(Callers - 1);
            outcomes.ShouldAllBe(outcome => outcome.Session!.Generation == generation + 1);
        }
    }

    [Fact]
    public async Task No_session_start_survives_the_revocation_of_its_subject_that_it_raced()
    {
        await using var store = await OpenAsync();
        var rounds = Enumerable.Range(0, CountOf(10_000)).Chunk(Callers);
        foreach (var chunk in rounds)
        {
            await Task.WhenAll(chunk.Select(round => RaceAsync(store, "subject-" + round)));
        }

        await ReadProvedLogAsync(store);
    }

    [Fact]
    public async Task In_the_very_second_of_a_revocation_what_was_before_it_is_dead_and_what_came_after_lives()
    {
        await using var store = await OpenAsync();
        for (var round = 0; round < CountOf(10_000); round++)
        {
            var (alice, bob) = (new Witness("alice-" + round), new Witness("bob-" + round));

            await InOneBatchAsync(
                store,
                () => alice.StartAsync(this, store), () => bob.StartAsync(this, store),
                () => alice.RevokeAsync(store), () => bob.RevokeAsync(store),
                () => alice.StartAsync(this, store), () => bob.StartAsync(this, store));
            await alice.ProveAsync(store);
            await bob.ProveAsync(store);
            Time.AdjustTime(Time.GetUtcNow() - TimeSpan.FromSeconds(round % 9));
            await alice.StartAsync(this, store);
            await alice.RevokeAsync(store);
            await alice.StartAsync(this, store);
            await alice.ProveAsync(store);
            Time.AdjustTime(Time.GetUtcNow() + TimeSpan.FromSeconds(round % 9));
        }
    }

    [Fact]
    public async Task A_token_of_a_refresh_that_came_before_a_revocation_in_its_batch_is_killed_by_it()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        Task<RotationOutcome>? before = null, after = null;
        Task<Revocation>? act = null;

        await InOneBatchAsync(
            store, () => before = RotateAsync(store, session, 1), () => act = RevokeAsync(store, Match.Subject("alice")),
                () => after = RotateAsync(store, session, 2));

        (await before!).Result.ShouldBe(RotationResult.Rotated);
        (await before!).Head.ShouldBeLessThan((await act!).Position);
        (await after!).Result.ShouldBe(RotationResult.Ended);
    }

    [Fact]
    public async Task Two_acts_on_one_match_in_one_batch_are_both_in_its_state()
    {
        await using var store = await OpenAsync();
        Task<Revocation>? end = null, renew = null;

        await InOneBatchAsync(
            store, () => end = RevokeAsync(store, Match.Subject("alice")),
            () => RevokeAsync(store, Match.Subject("bob")),
            () => renew = RevokeAsync(store, Match.Subject("alice"), Effect.Renew));

        var log = await ReadProvedLogAsync(store);
        var state = log.Last(entry => entry.Match == Match.Subject("alice")).State.ShouldNotBeNull();
        (state.End.By, state.Renew.By).ShouldBe(((await end!).Position, (await renew!).Position));
    }

    // Two starts and a refresh against one revocation: everything that took a head from before it is dead.
    private async Task RaceAsync(OpenedStore store, string subject)
    {
        var session = await StartAsync(store, NewSession(subject));
        var first = Task.Run(() => StartAsync(store, NewSession(subject)));
        var refresh = Task.Run(() => RotateAsync(store, session));
        var revoke = Task.Run(() => RevokeAsync(store, Match.Subject(subject)));
        var second = Task.Run(() => StartAsync(store, NewSession(subject)));
        var (act, refreshed) = (await revoke, await refresh);

        (refreshed.Result is RotationResult.Ended || refreshed.Head < act.Position).ShouldBeTrue();
        foreach (var started in new[] { session, await first, await second })
        {
            (await FindAsync(store, started)).EndedBy.ShouldBe(started.Started < act.Position ? act.Position : null);
        }
    }

    // One subject whose sessions and revocations happen in one second, in the order of the calls.
    private sealed class Witness(string subject)
    {
        private readonly List<Task<Session>> _starts = [];
        private Task<Revocation>? _act;
        private int _dead;

        public Task<Session> StartAsync(RaceContract suite, OpenedStore store)
        {
            var start = StoreSuite.StartAsync(store, suite.NewSession(subject));
            _starts.Add(start);
            return start;
        }

        public Task<Revocation> RevokeAsync(OpenedStore store)
        {
            _dead = _starts.Count;
            return _act = StoreSuite.RevokeAsync(store, Match.Subject(subject));
        }

        public async Task ProveAsync(OpenedStore store)
        {
            var (act, sessions) = (await _act!, await Task.WhenAll(_starts));
            foreach (var session in sessions[.._dead])
            {
                session.Started.ShouldBeLessThan(act.Position);
                (await FindAsync(store, session)).EndedBy.ShouldBe(act.Position);
            }

            foreach (var session in sessions[_dead..])
            {
                session.Started.ShouldBeGreaterThanOrEqualTo(act.Position);
                (await FindAsync(store, session)).EndedBy.ShouldBeNull();
            }
        }
    }
}
