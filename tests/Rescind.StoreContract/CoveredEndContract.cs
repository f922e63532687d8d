using Rescind.Authority;

namespace Rescind.StoreContract;

/// <summary>
/// An end stands on its own act: what covered its target, an end that is lifted or a block that runs out, takes nothing
/// of it away. Whoever repeats it is answered from their own act and grows nothing.
/// </summary>
public abstract class CoveredEndContract : StoreSuite
{
    private const string Other = "client:other";

    [Theory]
    [InlineData(nameof(MatchKind.Token))]
    [InlineData(nameof(MatchKind.Session))]
    public async Task What_was_ended_during_a_block_stays_ended_when_the_block_runs_out(string kind)
    {
        await using var store = (await OpenAsync()).Watch();
        var session = await StartAsync(store, NewSession());
        await RevokeAsync(store, Match.Subject("alice"), Effect.Block, Now + 3);

        var (act, _) = await EndOnceAsync(store, kind is nameof(MatchKind.Token) ? Match.Token("t1") : Match.Session(session.Id));
        Time.Advance(TimeSpan.FromSeconds(5));

        store.Published[^1].State!.End.By.ShouldBe(act.Position);
        (await RotateAsync(store, session)).Result
            .ShouldBe(kind is nameof(MatchKind.Token) ? RotationResult.Rotated : RotationResult.Ended);
    }

    // As long as its row is there, a lift may ask again which acts ended a session.
    [Fact]
    public async Task An_act_on_the_subject_is_not_forgotten_while_a_session_that_it_ended_lies_ended_by_another()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var session = await StartAsync(store, NewSession());
        await RevokeAsync(store, Match.Subject("alice"));
        Time.Advance(TimeSpan.FromDays(3));
        var (act, _) = await EndOnceAsync(store, Match.Session(session.Id));
        Time.Advance(TimeSpan.FromDays(5));
        await store.Revocations.PurgeAsync(Cancel);

        (await store.Revocations.LiftAsync(act.Position, Caller, Cancel)).Result.ShouldBe(LiftResult.Done);

        (await RotateAsync(store, session)).Result.ShouldBe(RotationResult.Ended);
    }

    [Fact]
    public async Task An_end_is_recorded_once_for_its_actor_and_a_repeat_writes_nothing()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await RevokeAsync(store, Match.Subject("alice"));
        foreach (var match in new[] { Match.Session(session.Id), Match.Token("t1"), Match.Key("k1") })
        {
            var (act, first) = await EndOnceAsync(store, match);
            var (head, audit) = (await HeadAsync(store), await AuditAsync(store));

            var (again, second) = await EndOnceAsync(store, match);

            (first, second).ShouldBe((RevokeResult.Appended, RevokeResult.Repeated));
            again.ShouldBe(act);
            (await HeadAsync(store)).ShouldBe(head);
            (await AuditAsync(store)).ShouldBe(audit);
        }
    }

    [Fact]
    public async Task Two_at_the_same_time_record_it_once()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        var outcomes = new RevokeResult[2];
        async Task EndAsync(int caller) => outcomes[caller] = (await EndOnceAsync(store, Match.Session(session.Id))).Result;

        await InOneBatchAsync(store, () => EndAsync(0), () => EndAsync(1));

        outcomes.ShouldBe([RevokeResult.Appended, RevokeResult.Repeated], ignoreOrder: true);
    }

    [Fact]
    public async Task What_ends_only_what_is_from_before_it_is_recorded_every_time()
    {
        await using var store = await OpenAsync();

        var (first, second) =
            (await EndOnceAsync(store, Match.Subject("alice")), await EndOnceAsync(store, Match.Subject("alice")));

        (first.Result, second.Result).ShouldBe((RevokeResult.Appended, RevokeResult.Appended));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_actor_s_act_stands_when_the_other_s_is_lifted(bool liftsFirst)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        var first = (await EndOnceAsync(store, Match.Session(session.Id))).Act;
        Time.Advance(TimeSpan.FromSeconds(1));
        var (second, result) = await EndOnceAsync(store, Match.Session(session.Id), Other);

        await store.Revocations.LiftAsync((liftsFirst ? first : second).Position, Caller, Cancel);

        var standing = liftsFirst ? second : first;
        result.ShouldBe(RevokeResult.Appended);
        (await FindAsync(store, session)).EndedBy.ShouldBe(standing.Position);
        (await RotateAsync(store, session)).By.ShouldBe(standing.Position);
        await store.Revocations.LiftAsync(standing.Position, Caller, Cancel);
        (await FindAsync(store, session)).EndedBy.ShouldBeNull();
        (await EndOnceAsync(store, Match.Session(session.Id))).Result
            .ShouldBe(RevokeResult.Appended, "after the lift of one's own");
        (await FindAsync(store, session)).EndedBy.ShouldNotBeNull();
    }

    [Fact]
    public async Task An_act_that_is_forgotten_before_the_token_expires_answers_for_none()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var shortly = Draft(Match.Token("t1")) with { Once = true, TokenExpires = Now + 60 };
        await store.Revocations.RevokeAsync(shortly, Cancel);

        var longer = await store.Revocations.RevokeAsync(shortly with { TokenExpires = Now + 3600 }, Cancel);
        var again = await store.Revocations.RevokeAsync(shortly with { TokenExpires = Now + 3600 }, Cancel);

        (longer.Result, again.Result).ShouldBe((RevokeResult.Appended, RevokeResult.Repeated));
        longer.Revocation!.RememberUntil.ShouldBeGreaterThan(Now + 3600);
    }

    [Fact]
    public async Task An_idempotency_key_gets_the_act_that_stands_and_then_always_that()
    {
        await using var store = await OpenAsync();
        var (act, _) = await EndOnceAsync(store, Match.Session("s1"));
        var draft = Draft(Match.Session("s1")) with { Once = true, Idempotency = new(Caller.Actor, "key", "hash") };

        var first = await store.Revocations.RevokeAsync(draft, Cancel);
        await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
        var second = await store.Revocations.RevokeAsync(draft, Cancel);

        (first.Result, second.Result).ShouldBe((RevokeResult.Repeated, RevokeResult.Repeated));
        (first.Revocation!.Position, second.Revocation!.Position).ShouldBe((act.Position, act.Position));
    }

    [Theory]
    [InlineData(nameof(Effect.End), nameof(RotationResult.Ended), 1u, nameof(RotationResult.Reused))]
    [InlineData(nameof(Effect.Block), nameof(RotationResult.Blocked), 1u, nameof(RotationResult.Reused))]
    [InlineData(nameof(Effect.End), nameof(RotationResult.Ended), 9u, nameof(RotationResult.FromTheFuture))]
    [InlineData(nameof(Effect.Block), nameof(RotationResult.Blocked), 9u, nameof(RotationResult.FromTheFuture))]
    public async Task Reuse_of_what_is_over_already_is_recorded_once_and_stands(
        string effect, string covered, uint generation, string expected)
    {
        await using var store = await OpenAsync();
        var session = await StartTwiceRotatedAsync(store);
        var cover = await CoverAsync(store, Enum.Parse<Effect>(effect));
        (await RotateAsync(store, session, 3)).Result.ToString().ShouldBe(covered);
        (await RotateAsync(store, session, 2)).Result.ToString().ShouldBe(covered);

        var reused = await RotateAsync(store, session, generation);
        var (head, audit) = (await HeadAsync(store), await AuditAsync(store));
        (await RotateAsync(store, session, generation)).Result.ShouldBe(RotationResult.Ended);
        await ShouldBeUnchangedAsync(store, head, audit);
        await store.Revocations.LiftAsync(cover.Position, Caller, Cancel);

        reused.Result.ToString().ShouldBe(expected);
        var refused = await RotateAsync(store, session, 3);
        (refused.Result, refused.By).ShouldBe((RotationResult.Ended, reused.By));
        (await FindAsync(store, session)).EndedBy.ShouldBe(reused.By);
    }

    [Fact]
    public async Task Reuse_that_ends_the_subject_does_so_once_for_a_session_that_is_over()
    {
        await using var store = await OpenAsync();
        var session = await StartTwiceRotatedAsync(store);
        await store.Revocations.RevokeAsync(Draft(Match.Session(session.Id)) with { Audit = new(Other, null, null) }, Cancel);
        Task<RotationOutcome> ReuseAsync() => RotateAsync(
            store, session, 1, attempt => attempt with { ReusePolicy = ReusePolicy.EndSubject });

        (await ReuseAsync()).Result.ShouldBe(RotationResult.Reused);
        var later = await StartAsync(store, NewSession());
        (await ReuseAsync()).Result.ShouldBe(RotationResult.Ended);

        (await FindAsync(store, later)).EndedBy.ShouldBeNull();
    }

    [Fact]
    public async Task Reuse_of_an_expired_session_ends_nothing()
    {
        await using var store = await OpenAsync();
        var session = await StartTwiceRotatedAsync(store);
        await RevokeAsync(store, Match.Subject("alice"));
        Time.Advance(TimeSpan.FromDays(15));
        var head = await HeadAsync(store);

        (await RotateAsync(store, session, 1)).Result.ShouldBe(RotationResult.Ended);

        (await HeadAsync(store)).ShouldBe(head);
    }

    [Fact]
    public async Task A_session_that_is_replaced_stays_ended_when_what_had_ended_it_before_is_lifted()
    {
        await using var store = await OpenAsync();
        var old = await StartAsync(store, NewSession());
        var cover = await CoverAsync(store, Effect.End);

        (await TryStartAsync(store, NewSession(), old.Id)).Result.ShouldBe(StartResult.Started);
        await store.Revocations.LiftAsync(cover.Position, Caller, Cancel);

        (await RotateAsync(store, old)).Result.ShouldBe(RotationResult.Ended);
    }

    [Fact]
    public async Task An_act_that_spares_sessions_names_those_too_that_another_had_ended()
    {
        await using var store = (await OpenAsync()).Watch();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var (spared, byClient) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession(client: "app")));
        var byRow = await StartAsync(store, NewSession());
        var cover = await RevokeAsync(store, Match.Client("app"));
        var own = await RevokeAsync(store, Match.Session(byRow.Id));

        var outcome = await store.Revocations.RevokeAsync(Draft(Match.Subject("alice")) with { Except = [spared.Id] }, Cancel);
        await store.Revocations.LiftAsync(cover.Position, Caller, Cancel);
        await store.Revocations.LiftAsync(own.Position, Caller, Cancel);

        outcome.Sessions.ShouldBe(0, "none of them lived");
        var states = store.Published.Where(entry => entry.Kind is LogEntryKind.State).GroupBy(entry => entry.Match!)
            .ToDictionary(entries => entries.Key, entries => entries.Last().State!);
        states[Match.Session(byClient.Id)].End.By.ShouldBe(outcome.Revocation!.Position);
        states[Match.Session(byRow.Id)].End.By.ShouldBe(outcome.Revocation.Position);
        (await FindAsync(store, byRow)).EndedBy.ShouldBe(outcome.Revocation.Position);
    }

    [Fact]
    public async Task An_act_that_spares_sessions_passes_over_those_whose_tokens_have_long_expired()
    {
        await using var store = (await OpenAsync()).Watch();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var (spared, ended) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession()));
        await RevokeAsync(store, Match.Session(ended.Id));
        Time.Advance(TimeSpan.FromHours(1));
        await store.Revocations.RevokeAsync(Draft(Match.Subject("alice")) with { Except = [spared.Id] }, Cancel);
        store.Published.Select(entry => entry.Match).ShouldContain(Match.Session(ended.Id), "A clock may be behind.");
        var before = store.Published.Count;
        Time.Advance(TimeSpan.FromDays(1));

        await store.Revocations.RevokeAsync(Draft(Match.Subject("alice")) with { Except = [spared.Id] }, Cancel);

        store.Published.Skip(before).Select(entry => entry.Match).ShouldBe([Match.Subject("alice")]);
    }

    [Fact]
    public async Task An_end_that_spares_a_session_is_recorded_once_and_a_repeat_writes_nothing()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var (spared, ended) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession()));
        var first = await EndOthersOnceAsync(store, spared);
        var (head, audit) = (await HeadAsync(store), await AuditAsync(store));
        Time.Advance(TimeSpan.FromSeconds(1));

        var again = await EndOthersOnceAsync(store, spared);

        (first.Result, again.Result).ShouldBe((RevokeResult.Appended, RevokeResult.Repeated));
        (again.Revocation!.Position, again.Sessions).ShouldBe((first.Revocation!.Position, 0));
        await ShouldBeUnchangedAsync(store, head, audit);
        (await FindAsync(store, ended)).EndedBy.ShouldBe(first.Revocation.Position);
    }

    [Fact]
    public async Task Two_that_spare_the_same_session_at_the_same_time_are_recorded_once()
    {
        await using var store = await OpenAsync();
        var spared = await StartAsync(store, NewSession());
        await StartAsync(store, NewSession());
        var outcomes = new RevokeResult[2];
        async Task EndAsync(int caller) => outcomes[caller] = (await EndOthersOnceAsync(store, spared)).Result;

        await InOneBatchAsync(store, () => EndAsync(0), () => EndAsync(1));

        outcomes.ShouldBe([RevokeResult.Appended, RevokeResult.Repeated], ignoreOrder: true);
    }

    [Fact]
    public async Task A_repeat_that_ends_one_session_more_stands_for_all_of_them()
    {
        await using var store = (await OpenAsync()).Watch();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var (spared, alone) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession()));
        var other = await StartAsync(store, NewSession());
        var own = await EndOnceAsync(store, Match.Session(alone.Id));
        var first = await EndOthersOnceAsync(store, spared);
        var later = await StartAsync(store, NewSession());
        var before = store.Published.Count;

        var outcome = await EndOthersOnceAsync(store, spared);
        foreach (var earlier in new[] { own.Act.Position, first.Revocation!.Position })
        {
            await store.Revocations.LiftAsync(earlier, Caller, Cancel);
        }

        outcome.Result.ShouldBe(RevokeResult.Appended);
        store.Published.Skip(before).Take(4).Select(entry => entry.Match)
            .ShouldBe([Match.Session(alone.Id), Match.Session(other.Id), Match.Session(later.Id), Match.Subject("alice")]);
        foreach (var ended in new[] { alone, other, later })
        {
            (await FindAsync(store, ended)).EndedBy.ShouldBe(outcome.Revocation!.Position);
        }

        (await FindAsync(store, spared)).EndedBy.ShouldBeNull();
    }

    [Theory]
    [InlineData("another actor")]
    [InlineData("another session spared")]
    [InlineData("the act was lifted")]
    [InlineData("a cutoff")]
    public async Task An_end_that_spares_a_session_is_answered_from_no_act_but_its_own(string difference)
    {
        await using var store = await OpenAsync();
        var (spared, ended) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession()));
        var first = (await EndOthersOnceAsync(store, spared)).Revocation!;
        Time.Advance(TimeSpan.FromSeconds(2));
        if (difference is "the act was lifted")
        {
            await store.Revocations.LiftAsync(first.Position, Caller, Cancel);
        }

        var outcome = await EndOthersOnceAsync(store, spared, draft => difference switch
        {
            "another actor" => draft with { Audit = new(Other, null, null) },
            "another session spared" => draft with { Except = [ended.Id] },
            "a cutoff" => draft with { Second = Now - 1 },
            _ => draft,
        });

        outcome.Result.ShouldBe(RevokeResult.Appended);
        if (difference is "another actor")
        {
            await store.Revocations.LiftAsync(first.Position, Caller, Cancel);
        }

        (await FindAsync(store, ended)).EndedBy.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_lift_counts_no_session_that_another_block_holds()
    {
        await using var store = await OpenAsync();
        await StartAsync(store, NewSession());
        var (first, second) = (await CoverAsync(store, Effect.Block), await CoverAsync(store, Effect.Block));

        (await store.Revocations.LiftAsync(first.Position, Caller, Cancel)).Sessions.ShouldBe(0);
        (await store.Revocations.LiftAsync(second.Position, Caller, Cancel)).Sessions.ShouldBe(1);
    }

    private static async Task<(Revocation Act, RevokeResult Result)> EndOnceAsync(
        OpenedStore store, Match match, string? actor = null)
    {
        var draft = Draft(match) with { Once = true, Audit = actor is null ? Caller : new(actor, null, null) };
        var outcome = await store.Revocations.RevokeAsync(draft, Cancel);
        return (outcome.Revocation!, outcome.Result);
    }

    private static Task<RevokeOutcome> EndOthersOnceAsync(
        OpenedStore store, Session spared, Func<RevocationDraft, RevocationDraft>? change = null)
    {
        var draft = Draft(Match.Subject("alice")) with { Once = true, Except = [spared.Id] };
        return store.Revocations.RevokeAsync(change is null ? draft : change(draft), Cancel);
    }

    private Task<Revocation> CoverAsync(OpenedStore store, Effect effect) =>
        RevokeAsync(store, Match.Subject("alice"), effect, effect is Effect.Block ? Now + 600 : null);

    private async Task<Session> StartTwiceRotatedAsync(OpenedStore store)
    {
        var session = await StartAsync(store, NewSession());
        await RotateAsync(store, session, 1);
        await RotateAsync(store, session, 2);
        return session;
    }

    private static async Task ShouldBeUnchangedAsync(OpenedStore store, LogHead head, int audit)
    {
        (await HeadAsync(store)).ShouldBe(head);
        (await AuditAsync(store)).ShouldBe(audit);
    }

    private static async Task<int> AuditAsync(OpenedStore store) =>
        (await store.Registry.AuditAsync(new(null, null, null, default, 1000), Cancel)).Rows.Count;
}
