namespace Rescind.StoreContract;

/// <summary>Acts and the states that they amount to.</summary>
public abstract class RevocationStoreContract : StoreSuite
{
    [Fact]
    public async Task An_act_is_kept_whole_and_travels_as_the_state_of_its_match()
    {
        await using var store = (await OpenAsync()).Watch();
        await store.Registry.SaveIssuerAsync(Record(OwnIssuer), Caller, Cancel);

        var act = await RevokeAsync(store, Match.Subject("alice"));
        var found = await store.Revocations.FindAsync(act.Position, Cancel);

        found.ShouldBe(act);
        (act.At, act.Second, act.Reason, act.Actor, act.LiftedBy).ShouldBe((Now, Now, "test", Caller.Actor, null));
        act.RememberUntil.ShouldBe(Retention.RememberUntil(act.Match, act.Effect, Now, Now, null, Record(OwnIssuer)));
        var entry = store.Published[^1];
        (entry.Kind, entry.Position, entry.At, entry.Issuer, entry.Match)
            .ShouldBe((LogEntryKind.State, act.Position, act.At, OwnIssuer, act.Match));
        entry.State.ShouldBe(RevocationState.Of([act], ownIssuer: true));
    }

    [Fact]
    public async Task An_issuer_that_nobody_declared_is_never_forgotten()
    {
        await using var store = await OpenAsync();

        (await RevokeAsync(store, Match.Subject("alice"), issuer: ForeignIssuer)).RememberUntil.ShouldBe(RevocationState.Never);
    }

    [Theory]
    [InlineData(OwnIssuer)]
    [InlineData(ForeignIssuer)]
    public async Task Acts_on_one_match_merge_by_the_rules_of_its_issuer(string issuer)
    {
        await using var store = (await OpenAsync()).Watch();
        var match = Match.Subject("alice");
        var acts = new List<Revocation>();
        foreach (var (effect, second) in new (Effect, long?)[]
            {
                (Effect.End, Now), (Effect.End, Now), (Effect.Block, Now + 90), (Effect.Block, Now + 60),
                (Effect.Reauthenticate, Now - 100), (Effect.Reauthenticate, Now - 200), (Effect.Renew, null),
            })
        {
            acts.Add(await RevokeAsync(store, match, effect, second, issuer));
            store.Published[^1].State.ShouldBe(RevocationState.Of(acts, issuer == OwnIssuer));
        }

        var lifted = await store.Revocations.LiftAsync(acts[0].Position, Caller, Cancel);
        acts[0] = acts[0] with { LiftedBy = lifted.Position };

        store.Published[^1].State.ShouldBe(RevocationState.Of(acts, issuer == OwnIssuer));
        (await SnapshotAsync(store)).Entries.Single().ShouldBe(store.Published[^1]);
    }

    [Fact]
    public async Task Lifting_the_only_act_leaves_a_tombstone_with_the_old_date()
    {
        await using var store = (await OpenAsync()).Watch();
        await store.Registry.SaveIssuerAsync(Record(OwnIssuer), Caller, Cancel);
        var act = await RevokeAsync(store, Match.Subject("alice"));
        Time.Advance(TimeSpan.FromSeconds(1));

        var lift = await store.Revocations.LiftAsync(act.Position, Caller, Cancel);

        lift.ShouldBe(new(LiftResult.Done, act with { LiftedBy = lift.Position }, lift.Position));
        var tombstone = store.Published[^1];
        (tombstone.Position, tombstone.Match, tombstone.State!.IsEmpty, tombstone.State.RememberUntil)
            .ShouldBe((lift.Position, act.Match, true, act.RememberUntil));
        (await SnapshotAsync(store)).Entries[^1].ShouldBe(tombstone);
        (await store.Revocations.FindAsync(act.Position, Cancel)).ShouldBe(act with { LiftedBy = lift.Position });
    }

    [Fact]
    public async Task Lifting_twice_or_what_never_was_appends_nothing()
    {
        await using var store = await OpenAsync();
        var act = await RevokeAsync(store, Match.Subject("alice"));
        var lift = await store.Revocations.LiftAsync(act.Position, Caller, Cancel);

        var again = await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
        var unknown = await store.Revocations.LiftAsync(new(act.Position.Value + 1), Caller, Cancel);

        (again.Result, again.Position).ShouldBe((LiftResult.AlreadyLifted, lift.Position));
        unknown.Result.ShouldBe(LiftResult.Unknown);
        (await HeadAsync(store)).Position.ShouldBe(lift.Position);
    }

    [Fact]
    public async Task A_lift_reopens_the_sessions_that_the_act_alone_had_ended()
    {
        await using var store = await OpenAsync();
        var (one, both) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession()));
        var act = await RevokeAsync(store, Match.Subject("alice"));
        var other = await RevokeAsync(store, Match.Session(both.Id));

        await store.Revocations.LiftAsync(act.Position, Caller, Cancel);

        (await FindAsync(store, one)).EndedBy.ShouldBeNull();
        (await FindAsync(store, both)).EndedBy.ShouldBe(other.Position);
        await store.Revocations.LiftAsync(other.Position, Caller, Cancel);
        (await FindAsync(store, both)).EndedBy.ShouldBeNull();
        (await RotateAsync(store, both)).Result.ShouldBe(RotationResult.Rotated);
    }

    [Fact]
    public async Task A_lift_counts_the_sessions_that_live_again_and_no_other()
    {
        await using var store = await OpenAsync();
        await StartAsync(store, NewSession());
        var both = await StartAsync(store, NewSession());
        await StartAsync(store, NewSession("bob"));
        var act = await RevokeAsync(store, Match.Subject("alice"));
        var other = await RevokeAsync(store, Match.Session(both.Id));
        await StartAsync(store, NewSession());

        (await store.Revocations.LiftAsync(act.Position, Caller, Cancel)).Sessions.ShouldBe(1);
        (await store.Revocations.LiftAsync(other.Position, Caller, Cancel)).Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task The_lift_of_a_renewal_gives_no_session_back()
    {
        await using var store = await OpenAsync();
        await StartAsync(store, NewSession());
        var act = await RevokeAsync(store, Match.Subject("alice"), Effect.Renew);

        (await store.Revocations.LiftAsync(act.Position, Caller, Cancel)).Sessions.ShouldBe(0);
    }

    [Fact]
    public async Task An_act_keeps_how_many_sessions_it_hit_unless_nobody_can_count_them()
    {
        await using var store = await OpenAsync();
        await StartAsync(store, NewSession());
        await StartAsync(store, NewSession());

        var own = await RevokeAsync(store, Match.Subject("alice"));
        var foreign = await RevokeAsync(store, Match.Subject("alice"), issuer: "https://idp.example");

        (await store.Revocations.FindAsync(own.Position, Cancel)).ShouldNotBeNull().Sessions.ShouldBe(2);
        (await store.Revocations.FindAsync(foreign.Position, Cancel)).ShouldNotBeNull().Sessions.ShouldBeNull();
    }

    [Fact]
    public async Task A_session_that_two_acts_ended_stays_ended_when_one_is_lifted()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        var first = await RevokeAsync(store, Match.Session(session.Id));
        var second = await RevokeAsync(store, Match.Session(session.Id));

        await store.Revocations.LiftAsync(first.Position, Caller, Cancel);

        (await FindAsync(store, session)).EndedBy.ShouldBe(second.Position);
        (await RotateAsync(store, session)).Result.ShouldBe(RotationResult.Ended);
    }

    [Fact]
    public async Task Affected_are_the_living_sessions_that_the_match_selects()
    {
        await using var store = await OpenAsync();
        var tag = new SessionTag("tenant", "acme", default);
        var one = await StartAsync(store, NewSession("alice", "web", tag));
        await StartAsync(store, NewSession("alice", "app"));
        await StartAsync(store, NewSession("bob", "app", tag));
        var expired = await StartAsync(store, NewSession("alice") with { IdleExpiresAt = Now + 1 });
        Time.Advance(TimeSpan.FromSeconds(1));

        (await CountAsync(Match.Session(expired.Id))).ShouldBe((0, true));
        (await CountAsync(Match.Session("none"))).ShouldBe((0, false));
        (await CountAsync(Match.Subject("nobody"))).ShouldBe((0, false));
        (await CountAsync(Match.Subject("alice"))).ShouldBe((2, true));
        (await CountAsync(Match.Client("app"))).ShouldBe((2, true));
        (await CountAsync(Match.Tag("tenant", "acme"))).ShouldBe((2, true));
        (await CountAsync(Match.Issuer)).ShouldBe((3, true));
        (await CountAsync(Match.Token("jti"))).ShouldBe((0, true));
        (await CountAsync(Match.Subject("alice"), ForeignIssuer)).ShouldBe((0, true));
        await RevokeAsync(store, Match.Session(one.Id));
        var outcome = await store.Revocations.RevokeAsync(Draft(Match.Subject("alice")), Cancel);
        (outcome.Sessions, outcome.Known).ShouldBe((1, true));
        (await store.Revocations.RevokeAsync(Draft(Match.Subject("alice")), Cancel)).Sessions.ShouldBe(0);

        async Task<(long? Sessions, bool Known)> CountAsync(Match match, string issuer = OwnIssuer)
        {
            var preview = await store.Revocations.PreviewAsync(Draft(match, issuer: issuer), Cancel);
            return (preview.Sessions, preview.Known);
        }
    }

    [Fact]
    public async Task The_same_key_and_request_get_the_answer_of_then_for_a_day()
    {
        await using var store = await OpenAsync();
        await StartAsync(store, NewSession());
        var draft = Draft(Match.Subject("alice")) with { Idempotency = new(Caller.Actor, "key", "hash") };
        var first = await store.Revocations.RevokeAsync(draft, Cancel);
        Time.Advance(TimeSpan.FromHours(23));
        await store.Revocations.PurgeAsync(Cancel);

        (await store.Revocations.RevokeAsync(draft, Cancel)).ShouldBe(first with { Result = RevokeResult.Repeated });
        (await RevokeAsync(draft.Idempotency with { RequestHash = "another" })).ShouldBe(RevokeResult.KeyReused);
        (await store.Revocations.HasAnswerAsync(draft.Idempotency, Cancel)).ShouldBeTrue();
        (await store.Revocations.HasAnswerAsync(draft.Idempotency with { Actor = "client:another" }, Cancel)).ShouldBeFalse();
        (await RevokeAsync(draft.Idempotency with { Actor = "client:another" })).ShouldBe(RevokeResult.Appended);
        Time.Advance(TimeSpan.FromHours(1));
        (await store.Revocations.HasAnswerAsync(draft.Idempotency, Cancel)).ShouldBeFalse();
        (await RevokeAsync(draft.Idempotency)).ShouldBe(RevokeResult.Appended);

        async Task<RevokeResult> RevokeAsync(IdempotencyKey key) =>
            (await store.Revocations.RevokeAsync(draft with { Idempotency = key }, Cancel)).Result;
    }

    [Fact]
    public async Task Of_two_calls_with_one_key_at_once_one_appends()
    {
        await using var store = await OpenAsync();
        var draft = Draft(Match.Subject("alice")) with { Idempotency = new(Caller.Actor, "key", "hash") };

        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => store.Revocations.RevokeAsync(draft, Cancel))));

        outcomes.Count(outcome => outcome.Result is RevokeResult.Appended).ShouldBe(1);
        outcomes.Select(outcome => outcome.Revocation!.Position).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_page_of_acts_ends_before_its_answer_is_too_long_and_the_next_goes_on_there()
    {
        await using var store = await OpenAsync();
        var acts = new List<LogPosition>();
        for (var i = 0; i < 4; i++)
        {
            var draft = Draft(Match.Subject("alice")) with { Except = [new string('<', 70_000)] };
            acts.Insert(0, (await store.Revocations.RevokeAsync(draft, Cancel)).Revocation!.Position);
        }

        var first = await store.Revocations.ListAsync(new(), default, 10, Cancel);
        var second = await store.Revocations.ListAsync(new(), first.Next!.Value, 10, Cancel);

        first.Rows.Select(act => act.Position).ShouldBe(acts[..2]);
        second.Rows.Select(act => act.Position).ShouldBe(acts[2..]);
        (first.Next, second.Next).ShouldBe((acts[1], null));
    }

    [Fact]
    public async Task What_is_longer_than_a_page_is_a_page_of_its_own()
    {
        await using var store = await OpenAsync();
        for (var i = 0; i < 2; i++)
        {
            await store.Revocations.RevokeAsync(
                Draft(Match.Subject("alice")) with { Except = [new string('<', 200_000)] }, Cancel);
        }

        (await store.Revocations.ListAsync(new(), default, 10, Cancel)).Rows.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_list_of_acts_goes_newest_first_and_by_what_is_asked()
    {
        await using var store = await OpenAsync();
        var first = await RevokeAsync(store, Match.Subject("alice"));
        var second = await RevokeAsync(store, Match.Tag("alice", "x"));
        var third = await RevokeAsync(store, Match.Subject("alice"), issuer: ForeignIssuer);

        (await ListAsync(new())).ShouldBe([third, second, first]);
        (await ListAsync(new(), third.Position)).ShouldBe([second, first]);
        (await ListAsync(new(Issuer: OwnIssuer))).ShouldBe([second, first]);
        (await ListAsync(new(Match: Match.Subject("alice")))).ShouldBe([third, first]);
        (await ListAsync(new(OwnIssuer, Match.Tag("alice", "x"), Caller.Actor))).ShouldBe([second]);
        (await ListAsync(new(Actor: "client:other"))).ShouldBeEmpty();
        (await store.Revocations.ListAsync(new(), default, 2, Cancel)).Rows.ShouldBe([third, second]);

        async Task<IReadOnlyList<Revocation>> ListAsync(RevocationQuery query, LogPosition before = default) =>
            (await store.Revocations.ListAsync(query, before, 10, Cancel)).Rows;
    }

    [Fact]
    public async Task What_a_match_does_not_allow_is_refused()
    {
        await using var store = await OpenAsync();

        await Should.ThrowAsync<ArgumentException>(() => RevokeAsync(store, Match.Key("kid"), Effect.Renew));
        await Should.ThrowAsync<ArgumentException>(() => RevokeAsync(store, Match.Subject("alice"), Effect.None));
        await Should.ThrowAsync<ArgumentException>(() => RevokeAsync(store, Match.Subject("alice"), Effect.Block));

        (await HeadAsync(store)).Position.ShouldBe(default);
    }
}
