namespace Rescind.StoreContract;

/// <summary>Changing what a living session carries.</summary>
public abstract class ChangeContract : StoreSuite
{
    private static readonly SessionTag Acme = new("tenant", "acme", default);
    private static readonly SessionTag North = new("region", "north", default);

    [Fact]
    public async Task What_is_sent_replaces_what_was_there_and_the_rest_stays()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession("alice", "web", Acme, North) with
        {
            Claims = """{"role":"buyer"}""", Device = new("laptop", "UA", "203.0.113.7"),
        });

        var claims = await ChangeAsync(store, session, change => change with { Claims = """{"role":"seller"}""" });
        ShouldBeSame(claims.Session, session with { Claims = """{"role":"seller"}""", ClaimsSince = claims.By });
        var tags = await ChangeAsync(store, session, Tenant("globex"));
        ShouldBeSame(tags.Session, claims.Session! with { Tags = [new("tenant", "globex", tags.By)] });
        var device = await ChangeAsync(store, session, change => change with { Device = new("tablet", null, null) });

        ShouldBeSame(device.Session, tags.Session! with { Device = new("tablet", null, null) });
        ShouldBeSame(await FindAsync(store, session), device.Session);
    }

    [Fact]
    public async Task What_stands_in_tokens_changes_with_a_renew_on_the_session_in_one_commit()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession("alice", "web", Acme));
        store.Watch();

        var outcome = await ChangeAsync(store, session, Tenant("globex"));

        var entry = store.Published.ShouldHaveSingleItem();
        (entry.Position, entry.Match, entry.State!.Renew.By).ShouldBe((outcome.By, Match.Session(session.Id), outcome.By));
        entry.State.End.IsEmpty.ShouldBeTrue();
        var act = (await store.Revocations.FindAsync(outcome.By, Cancel)).ShouldNotBeNull();
        (act.Effect, act.Actor).ShouldBe((Effect.Renew, Caller.Actor));
    }

    [Fact]
    public async Task A_device_alone_is_no_matter_of_the_log()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        var head = await HeadAsync(store);

        var outcome = await ChangeAsync(store, session, change => change with { Device = new("tablet", null, null) });

        (outcome.Result, outcome.By).ShouldBe((ChangeResult.Changed, default));
        (await HeadAsync(store)).ShouldBe(head);
    }

    [Fact]
    public async Task A_token_from_before_the_change_is_out_of_date_and_the_next_refresh_has_the_change()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        Task<RotationOutcome>? before = null, after = null;
        Task<ChangeOutcome>? change = null;

        await InOneBatchAsync(
            store, () => before = RotateAsync(store, session, 1),
            () => change = ChangeAsync(store, session, it => it with { Claims = """{"role":"seller"}""" }),
            () => after = RotateAsync(store, session, 2));

        var act = (await change!).By;
        (await before!).Session!.Claims.ShouldBe("{}");
        (await before!).Head.ShouldBeLessThan(act);
        (await after!).Result.ShouldBe(RotationResult.Rotated);
        (await after!).Session!.Claims.ShouldBe("""{"role":"seller"}""");
        (await after!).Head.ShouldBeGreaterThanOrEqualTo(act);
    }

    [Fact]
    public async Task A_repeated_refresh_has_the_change_too()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await RotateAsync(store, session);
        var change = await ChangeAsync(store, session, it => it with { Claims = """{"role":"seller"}""" });

        var repeated = await RotateAsync(store, session);

        (repeated.Result, repeated.Session!.Claims).ShouldBe((RotationResult.Repeated, """{"role":"seller"}"""));
        repeated.Head.ShouldBeGreaterThanOrEqualTo(change.By);
    }

    [Theory]
    [InlineData("acme", false)]
    [InlineData("globex", true)]
    public async Task After_a_change_an_end_of_the_tag_hits_its_new_value_and_not_its_old_one(string value, bool ends)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession("alice", "web", Acme));
        await ChangeAsync(store, session, Tenant("globex"));

        var outcome = await store.Revocations.RevokeAsync(Draft(Match.Tag("tenant", value)), Cancel);

        outcome.Sessions.ShouldBe(ends ? 1 : 0);
        (await RotateAsync(store, session)).Result.ShouldBe(ends ? RotationResult.Ended : RotationResult.Rotated);
    }

    [Fact]
    public async Task An_end_of_the_new_value_from_before_the_change_does_not_hit_it()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession("alice", "web", Acme));
        await RevokeAsync(store, Match.Tag("tenant", "globex"));

        (await ChangeAsync(store, session, Tenant("globex"))).Result.ShouldBe(ChangeResult.Changed);

        (await RotateAsync(store, session)).Result.ShouldBe(RotationResult.Rotated);
        (await FindAsync(store, session)).EndedBy.ShouldBeNull();
    }

    [Fact]
    public async Task A_tag_that_left_and_came_back_holds_since_it_came_back()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession("alice", "web", Acme));
        await ChangeAsync(store, session, Tenant("globex"));
        await RevokeAsync(store, Match.Tag("tenant", "acme"));

        await ChangeAsync(store, session, Tenant("acme"));

        (await FindAsync(store, session)).EndedBy.ShouldBeNull();
    }

    [Fact]
    public async Task An_unchanged_tag_keeps_the_position_since_which_it_holds()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession("alice", "web", Acme, North));

        var outcome = await ChangeAsync(store, session, change => change with
        {
            Tags = new Dictionary<string, string> { ["tenant"] = "acme", ["region"] = "south" },
        });

        ShouldBeSame(
            outcome.Session!.Tags, [Acme with { Since = session.Started }, new SessionTag("region", "south", outcome.By)]);
    }

    [Fact]
    public async Task What_is_over_or_never_was_is_not_changed()
    {
        await using var store = await OpenAsync();
        var (ended, expired) =
            (await StartAsync(store, NewSession()), await StartAsync(store, NewSession() with { IdleExpiresAt = Now + 60 }));
        var act = await RevokeAsync(store, Match.Session(ended.Id));
        Time.Advance(TimeSpan.FromSeconds(60));
        var head = await HeadAsync(store);

        await RefusedAsync(store, ended, Tenant("globex"), ChangeResult.Ended, act.Position);
        await RefusedAsync(store, expired, Tenant("globex"), ChangeResult.Expired, default);
        await RefusedAsync(store, NewSession(), Tenant("globex"), ChangeResult.Unknown, default);

        (await FindAsync(store, ended)).Tags.ShouldBeEmpty();
        (await FindAsync(store, expired)).Tags.ShouldBeEmpty();
        (await HeadAsync(store)).ShouldBe(head);
    }

    [Theory]
    [InlineData("acme")]
    [InlineData("globex")]
    public async Task A_block_on_what_a_session_is_or_would_become_refuses_the_change(string blocked)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession("alice", "web", Acme));
        var block = await RevokeAsync(store, Match.Tag("tenant", blocked), Effect.Block, Now + 60);

        await RefusedAsync(store, session, Tenant("globex"), ChangeResult.Blocked, block.Position);
        Time.Advance(TimeSpan.FromSeconds(60));

        (await ChangeAsync(store, session, Tenant("globex"))).Result.ShouldBe(ChangeResult.Changed);
    }

    [Fact]
    public async Task Whether_it_is_allowed_is_asked_of_what_the_session_would_be_after_the_change_before_it()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        Session? asked = null;
        Task<ChangeOutcome>? refused = null;

        await InOneBatchAsync(
            store, () => ChangeAsync(store, session, Tenant("globex")),
            () => refused = ChangeAsync(store, session, change => change with
            {
                Claims = """{"role":"seller"}""",
                Allows = changed =>
                {
                    asked = changed;
                    return false;
                },
            }));

        (await refused!).Result.ShouldBe(ChangeResult.NotAllowed);
        (asked!.Claims, asked.Tags.Single().Value).ShouldBe(("""{"role":"seller"}""", "globex"));
        (await FindAsync(store, session)).Claims.ShouldBe("{}");
    }

    [Fact]
    public async Task A_change_is_audited_by_what_was_changed_and_not_by_its_values()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());

        await ChangeAsync(store, session, change => Tenant("globex")(change) with { Device = new("tablet", null, null) });

        var audit = (await store.Registry.AuditAsync(new(null, session.Id, null, default, 50), Cancel)).Rows;
        var entry = audit.Single(entry => entry.Action == "session.changed");
        (entry.Actor, entry.Subject, entry.Reason).ShouldBe((Caller.Actor, "alice", "tags, device"));
        audit.Count(other => other is { Action: "revoked", Effect: Effect.Renew }).ShouldBe(1);
    }

    private static Func<SessionChange, SessionChange> Tenant(string value) =>
        change => change with { Tags = new Dictionary<string, string> { ["tenant"] = value } };

    private static Task<ChangeOutcome> ChangeAsync(
        OpenedStore store, Session session, Func<SessionChange, SessionChange> change) =>
        store.Sessions.ChangeAsync(change(new() { SessionId = session.Id, Allows = _ => true, Audit = Caller }), Cancel);

    private static async Task RefusedAsync(
        OpenedStore store, Session session, Func<SessionChange, SessionChange> change, ChangeResult result, LogPosition by)
    {
        var outcome = await ChangeAsync(store, session, change);
        (outcome.Result, outcome.Session, outcome.By).ShouldBe((result, null, by));
    }
}
