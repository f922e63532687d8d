namespace Rescind.StoreContract;

/// <summary>Starting, finding and listing sessions.</summary>
public abstract class SessionStoreContract : StoreSuite
{
    [Fact]
    public async Task A_started_session_is_found_again_as_it_was_given()
    {
        await using var store = await OpenAsync();
        await RevokeAsync(store, Match.Subject("bob"));
        var head = (await HeadAsync(store)).Position;
        var given = NewSession(
            "a\0é \U0001F511", "web", new SessionTag("tenant", "ac\0me", default), new SessionTag("empty", "x", default)) with
        {
            Audience = ["orders", "bills"], Scope = "orders.read", Claims = """{"role":"buyer"}""",
            Device = new("Alice's laptop", null, "203.0.113.7"), Amr = ["pwd", "otp"], Acr = "1", AuthenticatedAt = Now - 60,
        };

        var started = await StartAsync(store, given);
        var found = await FindAsync(store, started);

        ShouldBeSame(found, given with { Started = head, Tags = [.. given.Tags.Select(tag => tag with { Since = head })] });
        ShouldBeSame(started, found);
    }

    [Fact]
    public async Task A_start_takes_the_head_from_before_everything_that_it_does_itself()
    {
        await using var store = await OpenAsync();
        var first = await StartAsync(store, NewSession());
        await RevokeAsync(store, Match.Subject("bob"));
        var head = (await HeadAsync(store)).Position;

        var second = await TryStartAsync(store, NewSession(), replaces: first.Id);

        second.Session!.Started.ShouldBe(head);
        (await HeadAsync(store)).Position.ShouldBeGreaterThan(head);
    }

    [Fact]
    public async Task A_login_time_that_nobody_sent_is_never_before_the_newest_entry_of_the_log()
    {
        await using var store = await OpenAsync();
        var newest = await RevokeAsync(store, Match.Subject("alice"));
        Time.AdjustTime(Time.GetUtcNow() - TimeSpan.FromSeconds(5));

        var session = await StartAsync(store, NewSession());

        session.AuthenticatedAt.ShouldBe(newest.At);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    public async Task A_login_sent_from_before_the_newest_end_on_its_subject_starts_nothing(int seconds, bool starts)
    {
        await using var store = await OpenAsync();
        await RevokeAsync(store, Match.Subject("alice"));
        Time.Advance(TimeSpan.FromSeconds(10));
        var end = await RevokeAsync(store, Match.Subject("alice"));
        var session = NewSession() with { AuthenticatedAt = end.At + seconds };

        var outcome = await TryStartAsync(store, session);

        outcome.Result.ShouldBe(starts ? StartResult.Started : StartResult.LoginBeforeEnd);
        outcome.By.ShouldBe(starts ? default : end.Position);
        ((await store.Sessions.FindAsync(session.Id, Cancel)) is not null).ShouldBe(starts);
    }

    [Fact]
    public async Task A_lifted_end_stands_in_no_login_s_way()
    {
        await using var store = await OpenAsync();
        var end = await RevokeAsync(store, Match.Subject("alice"));
        await store.Revocations.LiftAsync(end.Position, Caller, Cancel);

        var outcome = await TryStartAsync(store, NewSession() with { AuthenticatedAt = end.At - 60 });

        outcome.Result.ShouldBe(StartResult.Started);
    }

    [Theory]
    [MemberData(nameof(BlockedMatches))]
    public async Task A_block_refuses_starts_and_refreshes_until_it_ends(string kind)
    {
        await using var store = await OpenAsync();
        var tag = new SessionTag("tenant", "acme", default);
        var match = kind switch { "subject" => Match.Subject("alice"), "client" => Match.Client("web"),
            _ => Match.Tag("tenant", "acme") };
        var before = await StartAsync(store, NewSession("alice", "web", tag));
        var block = await RevokeAsync(store, match, Effect.Block, Now + 60);

        var refused = await TryStartAsync(store, NewSession("alice", "web", tag));
        var refresh = await RotateAsync(store, before);
        Time.Advance(TimeSpan.FromSeconds(60));

        (refused.Result, refused.By).ShouldBe((StartResult.Blocked, block.Position));
        (refresh.Result, refresh.By).ShouldBe((RotationResult.Blocked, block.Position));
        (await TryStartAsync(store, NewSession("alice", "web", tag))).Result.ShouldBe(StartResult.Started);
        (await RotateAsync(store, before)).Result.ShouldBe(RotationResult.Rotated);
    }

    public static TheoryData<string> BlockedMatches => ["subject", "client", "tag"];

    [Fact]
    public async Task A_session_that_is_replaced_ends_with_the_start_of_the_other()
    {
        await using var store = await OpenAsync();
        var old = await StartAsync(store, NewSession());

        var outcome = await TryStartAsync(store, NewSession(), replaces: old.Id);

        outcome.Result.ShouldBe(StartResult.Started);
        (await FindAsync(store, old)).EndedBy.ShouldBe((await HeadAsync(store)).Position);
        (await FindAsync(store, outcome.Session!)).EndedBy.ShouldBeNull();
    }

    [Theory]
    [InlineData("mallory", "web")]
    [InlineData("alice", "other")]
    public async Task Only_a_session_of_the_same_subject_and_client_is_replaced(string subject, string client)
    {
        await using var store = await OpenAsync();
        var old = await StartAsync(store, NewSession());
        var session = NewSession(subject, client);

        var outcome = await TryStartAsync(store, session, replaces: old.Id);

        outcome.Result.ShouldBe(StartResult.ReplacesUnknown);
        (await FindAsync(store, old)).EndedBy.ShouldBeNull();
        (await store.Sessions.FindAsync(session.Id, Cancel)).ShouldBeNull();
        (await TryStartAsync(store, session, replaces: "none")).Result.ShouldBe(StartResult.ReplacesUnknown);
    }

    [Fact]
    public async Task An_act_ends_every_session_from_before_it_and_none_from_after()
    {
        await using var store = await OpenAsync();
        var before = await StartAsync(store, NewSession());
        var act = await RevokeAsync(store, Match.Subject("alice"));
        var after = await StartAsync(store, NewSession());

        (await FindAsync(store, before)).EndedBy.ShouldBe(act.Position);
        (await FindAsync(store, after)).EndedBy.ShouldBeNull();
        (await RotateAsync(store, before)).Result.ShouldBe(RotationResult.Ended);
        (await RotateAsync(store, after)).Result.ShouldBe(RotationResult.Rotated);
    }

    [Fact]
    public async Task A_session_that_is_not_judged_is_as_its_row_says()
    {
        await using var store = await OpenAsync();
        var (byRule, byRow) = (await StartAsync(store, NewSession()), await StartAsync(store, NewSession("bob")));
        await RevokeAsync(store, Match.Subject("alice"));
        var end = await RevokeAsync(store, Match.Session(byRow.Id));

        ShouldBeSame(await store.Sessions.FindUnjudgedAsync(byRule.Id, Cancel), byRule);
        ShouldBeSame(await store.Sessions.FindUnjudgedAsync(byRow.Id, Cancel), byRow with { EndedBy = end.Position });
        (await store.Sessions.FindUnjudgedAsync("none", Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_value_that_differs_in_case_or_after_a_zero_character_is_another()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession("alice\0a", "web", new SessionTag("tenant", "acme", default)));
        await RevokeAsync(store, Match.Subject("alice"));
        await RevokeAsync(store, Match.Subject("alice\0b"));
        await RevokeAsync(store, Match.Subject("Alice\0a"));
        await RevokeAsync(store, Match.Tag("acme", "tenant"));
        await RevokeAsync(store, Match.Client("alice\0a"));
        await RevokeAsync(store, Match.Subject("alice\0a"), issuer: ForeignIssuer);
        (await FindAsync(store, session)).EndedBy.ShouldBeNull();

        var act = await RevokeAsync(store, Match.Subject("alice\0a"));

        (await FindAsync(store, session)).EndedBy.ShouldBe(act.Position);
        (await SnapshotAsync(store)).Entries.ShouldContain(entry => entry.Match == Match.Subject("alice\0a"));
    }

    [Fact]
    public async Task A_list_goes_newest_first_through_all_pages_and_is_judged()
    {
        await using var store = await OpenAsync();
        var started = new List<Session>();
        for (var i = 0; i < 5; i++)
        {
            started.Add(await StartAsync(store, NewSession()));
        }

        await StartAsync(store, NewSession("bob"));
        await RevokeAsync(store, Match.Session(started[2].Id));

        var first = await store.Sessions.ListAsync(new("alice", null, 3, null), Cancel);
        var second = await store.Sessions.ListAsync(new("alice", null, 3, first.Next), Cancel);
        var active = await store.Sessions.ListAsync(new("alice", SessionState.Active, 10, null), Cancel);

        first.Sessions.Concat(second.Sessions).Select(session => session.Id)
            .ShouldBe(started.Select(session => session.Id).Reverse());
        second.Next.ShouldBeNull();
        active.Sessions.Select(session => session.Id).ShouldBe([started[4].Id, started[3].Id, started[1].Id, started[0].Id]);
        (await store.Sessions.ListAsync(new("alice", SessionState.Ended, 10, null), Cancel)).Sessions.Single().Id
            .ShouldBe(started[2].Id);
        (await store.Sessions.ListAsync(new(null, null, 10, null), Cancel)).Sessions.Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_list_of_some_clients_has_full_pages_whatever_the_others_have()
    {
        await using var store = await OpenAsync();
        var own = new List<string>();
        foreach (var client in (string[])["shop", "web", "kiosk", "web", "web", "shop", "web", "Shop"])
        {
            var session = await StartAsync(store, NewSession(client: client));
            if (client is "shop" or "kiosk")
            {
                own.Insert(0, session.Id);
            }
        }

        var bobs = await StartAsync(store, NewSession("bob", "kiosk"));
        var query = new SessionQuery("alice", null, 2, null) { Clients = ["shop", "kiosk", "none", "shop"] };

        var first = await store.Sessions.ListAsync(query, Cancel);
        var second = await store.Sessions.ListAsync(query with { Cursor = first.Next }, Cancel);
        var all = await store.Sessions.ListAsync(query with { Subject = null, Limit = 10 }, Cancel);
        var active = await store.Sessions.ListAsync(query with { State = SessionState.Active, Limit = 3 }, Cancel);
        var nobodys = await store.Sessions.ListAsync(query with { Clients = [] }, Cancel);

        Ids(first).ShouldBe(own[..2]);
        Ids(second).ShouldBe(own[2..]);
        second.Next.ShouldBeNull();
        Ids(all).ShouldBe([bobs.Id, .. own]);
        Ids(active).ShouldBe(own);
        (Ids(nobodys).Length, nobodys.Next).ShouldBe((0, null));
    }

    private static string[] Ids(SessionPage page) => [.. page.Sessions.Select(session => session.Id)];

    [Fact]
    public async Task A_name_that_has_no_bytes_is_refused_and_nothing_is_written()
    {
        await using var store = await OpenAsync();
        var session = NewSession("a\ud800");

        await Should.ThrowAsync<ArgumentException>(() => TryStartAsync(store, session));

        (await store.Sessions.ListAsync(new(null, null, 10, null), Cancel)).Sessions.ShouldBeEmpty();
        await StartAsync(store, NewSession());
    }

    [Fact]
    public async Task A_caller_who_gave_up_before_his_turn_changes_nothing()
    {
        await using var store = await OpenAsync();
        using var gone = new CancellationTokenSource();
        var session = NewSession();
        Task<StartOutcome>? start = null;

        await InOneBatchAsync(store, async () =>
        {
            start = store.Sessions.StartAsync(new() { Session = session, Audit = Caller }, gone.Token);
            await gone.CancelAsync();
        });

        await Should.ThrowAsync<OperationCanceledException>(() => start!);
        (await store.Sessions.FindAsync(session.Id, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task An_item_that_fails_half_way_leaves_nothing_and_harms_no_other()
    {
        await using var store = await OpenAsync();
        var old = await StartAsync(store, NewSession());
        var other = await StartAsync(store, NewSession("bob"));
        await RevokeAsync(store, Match.Subject("carol"));
        Time.AdjustTime(Time.GetUtcNow() - TimeSpan.FromSeconds(LogHead.MaxClockLag + 2));
        var replacing = NewSession();
        Task<StartOutcome>? failing = null;
        Task<RotationOutcome>? fine = null;

        // The new row is written before the end of the old one is refused for the clock.
        await InOneBatchAsync(
            store,
            () => (failing = TryStartAsync(store, replacing, replaces: old.Id)).ContinueWith(_ => { }, TaskScheduler.Default),
            () => fine = RotateAsync(store, other));

        await Should.ThrowAsync<StoreUnavailableException>(() => failing!);
        (await fine!).Result.ShouldBe(RotationResult.Rotated);
        (await store.Sessions.FindAsync(replacing.Id, Cancel)).ShouldBeNull();
        (await FindAsync(store, old)).EndedBy.ShouldBeNull();
    }
}
