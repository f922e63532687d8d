namespace Rescind.StoreContract;

/// <summary>Every claim of a session's tokens is a tag: an act on it judges the session as it judges the tokens.</summary>
public abstract class ClaimContract : StoreSuite
{
    public static TheoryData<string, string> Claims => new()
    {
        { "sub", "alice" }, { "client_id", "web" }, { "aud", "billing" }, { "scope", "orders.read orders.write" },
        { "acr", "gold" }, { "amr", "otp" }, { "iss", OwnIssuer }, { "role", "buyer" }, { "level", "3.0" },
        { "vip", "true" }, { "groups", "b" }, { "groups", "7" }, { "\0odd", "va\0lue" }, { "sid", "" }, { "auth_time", "" },
    };

    [Theory]
    [MemberData(nameof(Claims))]
    public async Task An_end_of_any_claim_ends_the_sessions_that_state_it_and_counts_them(string name, string value)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, Stating());
        var other = await StartAsync(store, Other());

        var outcome = await store.Revocations.RevokeAsync(Draft(Naming(session, name, value)), Cancel);

        outcome.Sessions.ShouldBe(name == "iss" ? 2 : 1);
        (await RotateAsync(store, session)).ShouldSatisfyAllConditions(
            refused => refused.Result.ShouldBe(RotationResult.Ended),
            refused => refused.By.ShouldBe(outcome.Revocation!.Position));
        (await FindAsync(store, session)).EndedBy.ShouldBe(outcome.Revocation!.Position);
        (await FindAsync(store, other)).EndedBy.HasValue.ShouldBe(name == "iss");
        (await store.Revocations.LiftAsync(outcome.Revocation.Position, Caller, Cancel)).Sessions.ShouldBe(outcome.Sessions);
        (await RotateAsync(store, session)).Result.ShouldBe(RotationResult.Rotated);
    }

    [Theory]
    [MemberData(nameof(Claims))]
    public async Task A_block_of_any_claim_refuses_starts_and_refreshes(string name, string value)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, Stating());

        var block = await RevokeAsync(store, Naming(session, name, value), Effect.Block, Now + 60);

        (await RotateAsync(store, session)).By.ShouldBe(block.Position);
        (await FindAsync(store, session)).BlockedBy.ShouldBe(block.Position);
        (await TryStartAsync(store, Stating() with { AuthenticatedAt = session.AuthenticatedAt })).Result
            .ShouldBe(name == "sid" ? StartResult.Started : StartResult.Blocked);
    }

    [Theory]
    [InlineData("role", "Buyer")]
    [InlineData("Role", "buyer")]
    [InlineData("level", "3")]
    [InlineData("groups", "a,b")]
    [InlineData("nested", "x")]
    [InlineData("aud", "orders billing")]
    [InlineData("sub", "bob")]
    public async Task Another_value_name_or_spelling_touches_no_session(string name, string value)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, Stating());

        (await store.Revocations.RevokeAsync(Draft(Match.Tag(name, value)), Cancel)).Sessions.ShouldBe(0);

        (await RotateAsync(store, session)).Result.ShouldBe(RotationResult.Rotated);
    }

    [Fact]
    public async Task A_changed_claim_holds_since_its_change()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, Stating());
        await RevokeAsync(store, Match.Tag("role", "seller"));
        await ChangeAsync("seller");
        var old = await store.Revocations.RevokeAsync(Draft(Match.Tag("role", "buyer")), Cancel);
        (old.Sessions, (await RotateAsync(store, session)).Result).ShouldBe((0, RotationResult.Rotated));

        var now = await store.Revocations.RevokeAsync(Draft(Match.Tag("role", "seller")), Cancel);

        (now.Sessions, (await FindAsync(store, session)).EndedBy).ShouldBe((1, now.Revocation!.Position));

        async Task ChangeAsync(string role) => (await store.Sessions.ChangeAsync(
            new() { SessionId = session.Id, Claims = $$"""{"role":"{{role}}"}""", Allows = _ => true, Audit = Caller }, Cancel))
            .Result.ShouldBe(ChangeResult.Changed);
    }

    [Fact]
    public async Task An_end_of_a_changed_claim_ends_a_refresh_by_whoever_knows_only_the_old_one()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, Stating());
        await store.Sessions.ChangeAsync(
            new() { SessionId = session.Id, Claims = """{"role":"seller"}""", Allows = _ => true, Audit = Caller }, Cancel);

        var act = await RevokeAsync(store, Match.Tag("role", "seller"));

        (await RotateAsync(store, session)).By.ShouldBe(act.Position);
    }

    [Fact]
    public async Task More_claims_than_are_looked_up_at_once_are_all_looked_up()
    {
        await using var store = await OpenAsync();
        var many = string.Join(',', Enumerable.Range(0, 64).Select(static i => $"\"c{i}\":[\"v{i}\",\"w{i}\"]"));
        var session = await StartAsync(store, NewSession() with { Claims = $"{{{many}}}" });

        var act = await RevokeAsync(store, Match.Tag("c63", "w63"));

        (await RotateAsync(store, session)).By.ShouldBe(act.Position);
    }

    [Fact]
    public async Task With_a_cutoff_in_the_past_the_act_names_the_sessions_that_state_the_claim()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, Stating());
        Time.Advance(TimeSpan.FromSeconds(60));
        await StartAsync(store, Stating());

        var act = await RevokeAsync(store, Match.Tag("role", "buyer"), second: Now - 30);

        (await ReadProvedLogAsync(store)).Where(entry => entry.State?.End.By == act.Position).Select(entry => entry.Match)
            .ShouldBe([Match.Session(session.Id)]);
    }

    private Session Stating() => NewSession("alice", "web") with
    {
        Audience = ["orders", "billing"],
        Scope = "orders.read orders.write",
        Acr = "gold",
        Amr = ["pwd", "otp"],
        Claims = """{"role":"buyer","level":3.0,"vip":true,"groups":["a","b",7],"nested":{"x":"y"},"\u0000odd":"va\u0000lue"}""",
    };

    private Session Other() => NewSession("bob", "app") with { AuthenticatedAt = Now - 60, Claims = """{"role":"seller"}""" };

    private static Match Naming(Session session, string name, string value) => Match.Tag(name, name switch
    {
        "sid" => session.Id,
        "auth_time" => session.AuthenticatedAt.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => value,
    });
}
