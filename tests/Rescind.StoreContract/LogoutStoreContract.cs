namespace Rescind.StoreContract;

/// <summary>Which clients are to be told of which sessions, looked for after the acts that ended them.</summary>
public abstract class LogoutStoreContract : StoreSuite
{
    private const string Told = "shop";

    private static readonly ClientRecord Shop =
        new() { ClientId = Told, Kind = ClientKind.Public, LogoutUri = "https://shop.example/logout" };

    // What ends alice's session at the shop, which is ten seconds old.
    private static readonly Dictionary<string, Func<Session, long, RevocationDraft>> Acts = new()
    {
        ["session"] = static (session, _) => Draft(Match.Session(session.Id)),
        ["subject"] = static (_, _) => Draft(Match.Subject("alice")),
        ["client"] = static (_, _) => Draft(Match.Client(Told)),
        ["tag"] = static (_, _) => Draft(Match.Tag("tenant", "acme")),
        ["issuer"] = static (_, _) => Draft(Match.Issuer),
        ["a cutoff in the past"] = static (_, now) => Draft(Match.Subject("alice"), second: now - 5),
        ["all others"] = static (_, _) => Draft(Match.Subject("alice")) with { Except = ["another"] },
        ["block"] = static (_, now) => Draft(Match.Subject("alice"), Effect.Block, now + 60),
    };

    private static readonly Dictionary<string, Func<Session, long, RevocationDraft>> Others = new()
    {
        ["renew"] = static (session, _) => Draft(Match.Session(session.Id), Effect.Renew),
        ["reauthenticate"] = static (_, _) => Draft(Match.Subject("alice"), Effect.Reauthenticate),
        ["token"] = static (_, _) => Draft(Match.Token("t-1")),
        ["key"] = static (_, _) => Draft(Match.Key("k-1")),
        ["somebody else"] = static (_, _) => Draft(Match.Subject("Alice")),
        ["another issuer"] = static (_, _) => Draft(Match.Subject("alice"), issuer: ForeignIssuer),
        ["a cutoff before its start"] = static (_, now) => Draft(Match.Subject("alice"), second: now - 10),
        ["all others"] = static (session, _) => Draft(Match.Subject("alice")) with { Except = [session.Id] },
    };

    public static TheoryData<string> Ending { get; } = [.. Acts.Keys];

    public static TheoryData<string> Sparing { get; } = [.. Others.Keys];

    [Theory]
    [MemberData(nameof(Ending))]
    public async Task A_session_that_an_act_ends_is_a_logout_of_its_client(string name)
    {
        await using var store = await OpenToldAsync();
        var session = await StartAtShopAsync(store);
        await StartAsync(store, NewSession("alice", "web", new SessionTag("tenant", "acme", default)));

        var act = (await store.Revocations.RevokeAsync(Acts[name](session, Now), Cancel)).Revocation!;

        (await LogoutsAsync(store)).ShouldBe([new(1, session.Id, "alice", Told, act.Position, Now, Stands: true)]);
        (await store.Logouts.WaitingAsync(Cancel)).ShouldBe([Told]);
        (await store.Logouts.ReadAsync("web", 0, 10, Cancel)).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Sparing))]
    public async Task What_does_not_end_a_session_is_no_logout(string name)
    {
        await using var store = await OpenToldAsync();
        await store.Registry.SaveIssuerAsync(Record(ForeignIssuer), Caller, Cancel);
        var session = await StartAtShopAsync(store);

        await store.Revocations.RevokeAsync(Others[name](session, Now), Cancel);

        (await LogoutsAsync(store)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task However_many_acts_end_a_session_it_is_told_once(bool looksBetween)
    {
        await using var store = await OpenToldAsync();
        var session = await StartAtShopAsync(store);
        var first = await RevokeAsync(store, Match.Subject("alice"), Effect.Block, Now + 60);
        if (looksBetween)
        {
            await SettleAsync(store, LogoutResult.Delivered);
        }

        foreach (var match in new[] { Match.Session(session.Id), Match.Subject("alice"),
            Match.Tag("tenant", "acme"), Match.Issuer })
        {
            await RevokeAsync(store, match);
        }

        (await LogoutsAsync(store)).Select(logout => logout.Act).ShouldBe(looksBetween ? [] : [first.Position]);
    }

    [Fact]
    public async Task A_session_that_a_block_let_go_and_an_act_ends_later_is_told_anew()
    {
        await using var store = await OpenToldAsync();
        await StartAtShopAsync(store);
        await RevokeAsync(store, Match.Subject("alice"), Effect.Block, Now + 60);
        await SettleAsync(store, LogoutResult.Delivered);
        Time.Advance(TimeSpan.FromSeconds(60));

        var act = await RevokeAsync(store, Match.Subject("alice"));

        (await LogoutsAsync(store)).Single().Act.ShouldBe(act.Position);
    }

    [Fact]
    public async Task A_session_whose_lifetime_was_over_did_not_end_by_an_act()
    {
        await using var store = await OpenToldAsync();
        await StartAsync(store, NewSession("alice", Told) with { IdleExpiresAt = Now + 60 });
        Time.Advance(TimeSpan.FromSeconds(60));

        await RevokeAsync(store, Match.Subject("alice"));

        (await LogoutsAsync(store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_ended_before_a_client_said_where_to_be_told_is_the_past()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveClientAsync(Told, Shop with { LogoutUri = null }, Caller, Cancel);
        await StartAtShopAsync(store);
        await RevokeAsync(store, Match.Subject("alice"));
        var bob = await StartAsync(store, NewSession("bob", Told));
        (await LogoutsAsync(store)).ShouldBeEmpty();

        await store.Registry.SaveClientAsync(Told, Shop, Caller, Cancel);
        await RevokeAsync(store, Match.Subject("bob"));

        (await LogoutsAsync(store)).Select(logout => logout.SessionId).ShouldBe([bob.Id]);
    }

    [Fact]
    public async Task A_client_whose_record_is_saved_again_goes_on_being_told()
    {
        await using var store = await OpenToldAsync();
        await StartAtShopAsync(store);
        await RevokeAsync(store, Match.Subject("alice"));

        await store.Registry.SaveClientAsync(Told, Shop with { LogoutUri = "https://shop.example/elsewhere" }, Caller, Cancel);

        (await LogoutsAsync(store)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task After_a_lift_a_logout_stands_no_more_and_an_end_after_that_is_another()
    {
        await using var store = await OpenToldAsync();
        await StartAtShopAsync(store);
        var act = await RevokeAsync(store, Match.Subject("alice"));
        var first = (await LogoutsAsync(store)).Single();

        await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
        var lifted = (await LogoutsAsync(store)).Single();
        await RevokeAsync(store, Match.Subject("alice"));
        var again = (await LogoutsAsync(store)).Single();

        (first.Stands, lifted.Stands, again.Stands).ShouldBe((true, false, true));
        (lifted.Id, again.Id).ShouldBe((first.Id, again.Id));
        again.Id.ShouldNotBe(first.Id);
    }

    [Fact]
    public async Task An_act_that_is_lifted_before_anybody_looked_leaves_what_a_later_one_ended_too()
    {
        await using var store = await OpenToldAsync();
        var session = await StartAtShopAsync(store);
        var first = await RevokeAsync(store, Match.Subject("alice"));
        await RevokeAsync(store, Match.Session(session.Id));

        await store.Revocations.LiftAsync(first.Position, Caller, Cancel);

        var logout = (await LogoutsAsync(store)).Single();
        (logout.SessionId, logout.Stands).ShouldBe((session.Id, true));
    }

    [Fact]
    public async Task A_lift_before_anybody_looked_does_not_make_a_later_end_of_what_was_told_a_logout()
    {
        await using var store = await OpenToldAsync();
        var session = await StartAtShopAsync(store);
        var first = await RevokeAsync(store, Match.Subject("alice"));
        await SettleAsync(store, LogoutResult.Delivered);
        await RevokeAsync(store, Match.Session(session.Id));

        await store.Revocations.LiftAsync(first.Position, Caller, Cancel);

        (await LogoutsAsync(store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_logout_that_is_settled_is_gone_and_one_that_never_arrived_is_audited()
    {
        await using var store = await OpenToldAsync();
        LogoutResult[] results = [LogoutResult.Delivered, LogoutResult.Refused, LogoutResult.Undelivered, LogoutResult.Dropped];
        var subjects = results.Select(result => result.ToString()).ToList();
        foreach (var subject in subjects)
        {
            await StartAsync(store, NewSession(subject, Told));
        }

        await RevokeAsync(store, Match.Client(Told));
        var logouts = await LogoutsAsync(store);

        await store.Logouts.SettleAsync([.. logouts.Zip(results)], Cancel);

        (await LogoutsAsync(store)).ShouldBeEmpty();
        (await store.Logouts.WaitingAsync(Cancel)).ShouldBeEmpty();
        var audit = (await store.Registry.AuditAsync(new(null, null, "system", default, 10), Cancel)).Rows
            .Where(entry => entry.SessionId is not null);
        audit.Select(entry => (entry.Action, entry.Subject, entry.SessionId, entry.Match, entry.Reason)).ShouldBe(
        [
            ("logout.refused", "Refused", logouts[1].SessionId, Match.Session(logouts[1].SessionId),
                "the client shop refused to be told"),
            ("logout.undelivered", "Undelivered", logouts[2].SessionId, Match.Session(logouts[2].SessionId),
                "the client shop could not be told"),
        ]);
    }

    [Fact]
    public async Task Settling_a_logout_leaves_the_one_that_took_its_place()
    {
        await using var store = await OpenToldAsync();
        await StartAtShopAsync(store);
        var act = await RevokeAsync(store, Match.Subject("alice"));
        var first = await LogoutsAsync(store);
        await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
        await RevokeAsync(store, Match.Subject("alice"));
        var second = await LogoutsAsync(store);

        await store.Logouts.SettleAsync([(first.Single(), LogoutResult.Delivered)], Cancel);

        (await LogoutsAsync(store)).ShouldBe(second);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_removed_client_leaves_no_logouts_to_whoever_takes_its_name(bool looksBefore)
    {
        await using var store = await OpenToldAsync();
        await StartAtShopAsync(store);
        await RevokeAsync(store, Match.Client(Told));
        if (looksBefore)
        {
            (await LogoutsAsync(store)).Count.ShouldBe(1);
        }

        await store.Registry.SaveClientAsync(Told, null, Caller, Cancel);
        await store.Registry.SaveClientAsync(Told, Shop, Caller, Cancel);

        (await LogoutsAsync(store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Over_many_restarts_each_of_many_sessions_is_a_logout_once()
    {
        const int count = 1200;
        var store = await OpenToldAsync();
        var started = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => StartAtShopAsync(store)));
        await RevokeAsync(store, Match.Tag("tenant", "acme"));
        await RevokeAsync(store, Match.Subject("alice"));

        for (var isMore = true; isMore;)
        {
            isMore = await store.Logouts.ExpandAsync(Cancel);
            await store.DisposeAsync();
            store = await OpenAsync();
        }

        var logouts = await store.Logouts.ReadAsync(Told, 0, 2 * count, Cancel);
        logouts.Select(logout => logout.SessionId).ShouldBe(started.Select(session => session.Id), ignoreOrder: true);
        logouts.Select(logout => logout.Number).ShouldBe(Enumerable.Range(1, count).Select(number => (long)number));
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_looks_at_the_same_time_finds_nothing_twice()
    {
        await using var store = await OpenToldAsync();
        var sessions = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => StartAtShopAsync(store)));
        await RevokeAsync(store, Match.Subject("alice"));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.Logouts.ExpandAsync(Cancel)));

        (await LogoutsAsync(store)).Select(logout => logout.Number)
            .ShouldBe(Enumerable.Range(1, sessions.Length).Select(number => (long)number));
    }

    [Fact]
    public async Task Logouts_are_read_from_after_a_number_on()
    {
        await using var store = await OpenToldAsync();
        for (var i = 0; i < 5; i++)
        {
            await StartAtShopAsync(store);
        }

        await RevokeAsync(store, Match.Subject("alice"));
        await LogoutsAsync(store);

        (await store.Logouts.ReadAsync(Told, 2, 2, Cancel)).Select(logout => logout.Number).ShouldBe([3, 4]);
    }

    private async Task<OpenedStore> OpenToldAsync()
    {
        var store = await OpenAsync();
        await store.Registry.SaveClientAsync(Told, Shop, Caller, Cancel);
        return store;
    }

    private async Task<Session> StartAtShopAsync(OpenedStore store)
    {
        var session = await StartAsync(store, NewSession("alice", Told, new SessionTag("tenant", "acme", default)));
        Time.Advance(TimeSpan.FromSeconds(10));
        return session;
    }

    private static async Task<IReadOnlyList<Logout>> LogoutsAsync(OpenedStore store)
    {
        while (await store.Logouts.ExpandAsync(Cancel))
        {
        }

        return await store.Logouts.ReadAsync(Told, 0, 100, Cancel);
    }

    private static async Task SettleAsync(OpenedStore store, LogoutResult result) =>
        await store.Logouts.SettleAsync([.. (await LogoutsAsync(store)).Select(logout => (logout, result))], Cancel);
}
