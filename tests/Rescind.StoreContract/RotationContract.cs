using Rescind.Authority;

namespace Rescind.StoreContract;

/// <summary>Refreshes (RT-10, RT-11, G4).</summary>
public abstract class RotationContract : StoreSuite
{
    [Fact]
    public async Task The_current_generation_moves_on_by_one()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await RevokeAsync(store, Match.Subject("bob"));
        Time.Advance(TimeSpan.FromHours(1));

        var outcome = await RotateAsync(store, session);

        outcome.Result.ShouldBe(RotationResult.Rotated);
        outcome.Head.ShouldBe((await HeadAsync(store)).Position);
        ShouldBeSame(outcome.Session, session with { Generation = 2, LastRefreshedAt = Now, IdleExpiresAt = Now + 14 * 86400 });
        ShouldBeSame(await FindAsync(store, session), outcome.Session);
    }

    [Fact]
    public async Task The_immediate_predecessor_gets_the_current_generation_again_however_late()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        var rotated = await RotateAsync(store, session);
        Time.Advance(TimeSpan.FromDays(3));

        var repeated = await RotateAsync(store, session);

        repeated.Result.ShouldBe(RotationResult.Repeated);
        ShouldBeSame(repeated.Session, rotated.Session! with { RetriesInARow = 1 });
    }

    [Theory]
    [InlineData(5, nameof(RotationResult.Repeated))]
    [InlineData(6, nameof(RotationResult.Reused))]
    public async Task Past_a_strict_window_the_predecessor_is_reuse(int seconds, string expected)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        Time.AdjustTime(DateTimeOffset.FromUnixTimeSeconds(Now + 1));
        await RotateAsync(store, session);
        Time.Advance(TimeSpan.FromSeconds(seconds));

        var outcome = await RotateAsync(
            store, session, change: attempt => attempt with { RetryWindow = TimeSpan.FromSeconds(5) });

        outcome.Result.ToString().ShouldBe(expected);
    }

    [Fact]
    public async Task A_repeated_answer_does_not_move_the_window()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        Time.AdjustTime(DateTimeOffset.FromUnixTimeSeconds(Now + 1));
        await RotateAsync(store, session);
        RotationOutcome outcome;
        do
        {
            Time.Advance(TimeSpan.FromSeconds(2));
            outcome = await RotateAsync(
                store, session, change: attempt => attempt with { RetryWindow = TimeSpan.FromSeconds(5) });
        }
        while (outcome.Result is RotationResult.Repeated && Now < session.CreatedAt + 60);

        outcome.Result.ShouldBe(RotationResult.Reused);
        Now.ShouldBe(session.CreatedAt + 7);
    }

    [Fact]
    public async Task Retries_are_counted_once_a_generation_and_only_in_a_row()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        var counts = new List<int>();
        for (uint generation = 1; generation <= 3; generation++)
        {
            await RotateAsync(store, session, generation);
            await RotateAsync(store, session, generation);
            counts.Add((await RotateAsync(store, session, generation)).Session!.RetriesInARow);
        }

        await RotateAsync(store, session, 4);
        counts.Add((await RotateAsync(store, session, 5)).Session!.RetriesInARow);
        counts.Add((await RotateAsync(store, session, 5)).Session!.RetriesInARow);

        counts.ShouldBe([1, 2, 3, 0, 1]);
    }

    [Theory]
    [InlineData(nameof(ReusePolicy.EndSession), true, false)]
    [InlineData(nameof(ReusePolicy.Refuse), false, false)]
    [InlineData(nameof(ReusePolicy.EndSubject), true, true)]
    public async Task An_older_token_is_reuse_and_ends_what_the_policy_says(string policy, bool ended, bool othersToo)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        var other = await StartAsync(store, NewSession());
        await RotateAsync(store, session, 1);
        await RotateAsync(store, session, 2);
        var head = (await HeadAsync(store)).Position;

        var outcome = await RotateAsync(
            store, session, 1, attempt => attempt with { ReusePolicy = Enum.Parse<ReusePolicy>(policy) });

        (outcome.Result, outcome.Head).ShouldBe((RotationResult.Reused, head));
        (outcome.By != default).ShouldBe(ended);
        (await FindAsync(store, session)).EndedBy.ShouldBe(ended ? outcome.By : null);
        (await FindAsync(store, other)).EndedBy.ShouldBe(othersToo ? outcome.By : null);
        (await RotateAsync(store, session, 3)).Result.ShouldBe(ended ? RotationResult.Ended : RotationResult.Rotated);
        var audit = (await store.Registry.AuditAsync(new(null, session.Id, null, default, 10), Cancel)).Rows;
        audit.Count(entry => entry.Action == "refresh.reused" && entry.Actor == Caller.Actor && entry.Address == Caller.Address)
            .ShouldBe(1);
        if (ended)
        {
            var act = await store.Revocations.FindAsync(outcome.By, Cancel);
            (act!.Reason, act.Actor).ShouldBe(("refresh token reused", Caller.Actor));
        }
    }

    [Fact]
    public async Task The_audit_trail_tells_both_sides_of_a_reuse()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession() with { Device = new("Alice's laptop", null, "203.0.113.9") });
        await RotateAsync(store, session, 1);
        await RotateAsync(store, session, 2);
        Time.Advance(TimeSpan.FromMinutes(1));

        await RotateAsync(store, session, 1, attempt => attempt with { UserAgent = "curl/8" + new string('x', 1000) });

        var entry = (await store.Registry.AuditAsync(new(null, session.Id, null, default, 10), Cancel)).Rows
            .Single(e => e.Action == "refresh.reused");
        var told = entry.Reason.ShouldNotBeNull();
        told.ShouldStartWith("generation 1 presented by \"curl/8x");
        told.ShouldContain($"from {Caller.Address}; 3 is current since 2026-11-23T09:00:00Z; ");
        told.ShouldEndWith("the session was started on \"Alice's laptop\" from 203.0.113.9");
        told.Length.ShouldBeLessThan(500);
    }

    [Fact]
    public async Task A_generation_above_the_current_one_ends_the_session()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());

        var outcome = await RotateAsync(store, session, 2, attempt => attempt with { ReusePolicy = ReusePolicy.Refuse });

        outcome.Result.ShouldBe(RotationResult.FromTheFuture);
        (await FindAsync(store, session)).EndedBy.ShouldBe(outcome.By);
        (await RotateAsync(store, session)).Result.ShouldBe(RotationResult.Ended);
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("client")]
    [InlineData("zero")]
    public async Task What_is_no_token_of_the_caller_is_refused_and_writes_nothing(string what)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await RotateAsync(store, session, 1);
        await RotateAsync(store, session, 2);
        var (before, head) = (await FindAsync(store, session), await HeadAsync(store));

        var outcome = await RotateAsync(store, session, 1, attempt => what switch
        {
            "unknown" => attempt with { SessionId = "none" },
            "client" => attempt with { ClientId = "other" },
            _ => attempt with { Generation = 0 },
        });

        (outcome.Result, outcome.Session, outcome.By).ShouldBe((RotationResult.Refused, null, default(LogPosition)));
        ShouldBeSame(await FindAsync(store, session), before);
        (await HeadAsync(store)).ShouldBe(head);
    }

    [Fact]
    public async Task Idle_and_absolute_lifetimes_end_a_session_and_refreshing_never_moves_the_absolute_one()
    {
        await using var store = await OpenAsync();
        var idle = await StartAsync(store, NewSession() with { IdleExpiresAt = Now + 100 });
        var absolute = await StartAsync(store, NewSession() with { IdleExpiresAt = Now + 100, ExpiresAt = Now + 150 });
        Time.Advance(TimeSpan.FromSeconds(99));

        var refreshed = await RotateAsync(
            store, absolute, change: attempt => attempt with { IdleLifetime = TimeSpan.FromSeconds(100) });
        Time.Advance(TimeSpan.FromSeconds(1));

        (refreshed.Session!.IdleExpiresAt, refreshed.Session.ExpiresAt)
            .ShouldBe((absolute.CreatedAt + 150, absolute.CreatedAt + 150));
        (await RotateAsync(store, idle)).Result.ShouldBe(RotationResult.Expired);
        Time.Advance(TimeSpan.FromSeconds(49));
        (await RotateAsync(store, refreshed.Session)).Result.ShouldBe(RotationResult.Rotated);
        Time.Advance(TimeSpan.FromSeconds(1));
        (await RotateAsync(store, refreshed.Session, 3)).Result.ShouldBe(RotationResult.Expired);
    }

    [Fact]
    public async Task A_clock_that_was_set_back_revives_no_expired_session()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession() with { IdleExpiresAt = Now + 10 });
        Time.Advance(TimeSpan.FromSeconds(10));
        await RevokeAsync(store, Match.Subject("bob"));
        Time.AdjustTime(Time.GetUtcNow() - TimeSpan.FromSeconds(5));

        (await RotateAsync(store, session)).Result.ShouldBe(RotationResult.Expired);
    }

    [Fact]
    public async Task An_ended_session_refuses_retries_and_old_tokens_alike_and_writes_nothing_more()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await RotateAsync(store, session, 1);
        await RotateAsync(store, session, 2);
        var act = await RevokeAsync(store, Match.Session(session.Id));
        foreach (var generation in new uint[] { 1, 2, 3, 4 })
        {
            var outcome = await RotateAsync(store, session, generation);
            (outcome.Result, outcome.By, outcome.Session!.EndedBy).ShouldBe((RotationResult.Ended, act.Position, act.Position));
        }

        (await HeadAsync(store)).Position.ShouldBe(act.Position);
    }
}
