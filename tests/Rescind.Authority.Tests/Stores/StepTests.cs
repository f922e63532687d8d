using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;
using SQLitePCL;

namespace Rescind.Authority.Tests.Stores;

/// <summary>What SQLite does for one call does not grow with what was done to the same match before; counted by SQLite, not by a clock.</summary>
public sealed class StepTests : StoreSuite, IDisposable
{
    private const int KeysOfOneActor = 500;

    private readonly TemporaryFolder _folder = new();
    private readonly List<sqlite3_stmt> _statements = [];

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(
        _folder.Path, Time, options => options with { Prepared = (_, statement) => _statements.Add(statement), MaxKeysOfOneActor = KeysOfOneActor });

    [Theory]
    [InlineData(Effect.Renew)]
    [InlineData(Effect.Reauthenticate)]
    public async Task A_refresh_takes_no_more_steps_however_often_its_person_was_renewed(Effect effect)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await RevokeAsync(store, Match.Subject("alice"), effect);
        await RotateAsync(store, session, 1);
        var before = await StepsOfAsync(() => RotateAsync(store, session, 2));

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => RevokeAsync(store, Match.Subject("alice"), effect)));

        (await StepsOfAsync(() => RotateAsync(store, session, 3))).ShouldBeLessThanOrEqualTo(before + 50);
    }

    [Theory]
    [InlineData(Effect.Block, 1)]
    [InlineData(Effect.Block, 1_000_000)]
    [InlineData(Effect.End, null)]
    public async Task A_refresh_takes_no_more_steps_however_often_its_person_was_blocked_or_logged_out_since_its_login(Effect effect, int? seconds)
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await RevokeManyAsync(1);
        var before = await StepsOfAsync(() => RotateAsync(store, session, 1));

        await RevokeManyAsync(1000);

        (await StepsOfAsync(() => RotateAsync(store, session, 1))).ShouldBeLessThanOrEqualTo(before + 50);

        async Task RevokeManyAsync(int count)
        {
            await Task.WhenAll(Enumerable.Range(0, count).Select(_ => RevokeAsync(store, Match.Subject("alice"), effect, Now + seconds)));
            Time.Advance(TimeSpan.FromSeconds(2));
        }
    }

    [Fact]
    public async Task A_login_takes_no_more_steps_however_often_its_person_was_logged_out()
    {
        await using var store = await OpenAsync();
        await RevokeAsync(store, Match.Subject("alice"));
        Time.Advance(TimeSpan.FromSeconds(1));
        await StartAsync(store, Login());
        var before = await StepsOfAsync(() => StartAsync(store, Login()));

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => RevokeAsync(store, Match.Subject("alice"))));
        Time.Advance(TimeSpan.FromSeconds(1));

        (await StepsOfAsync(() => StartAsync(store, Login()))).ShouldBeLessThanOrEqualTo(before + 50);
    }

    [Theory]
    [InlineData(Effect.End)]
    [InlineData(Effect.Renew)]
    public async Task An_act_takes_no_more_steps_however_many_there_are_on_its_match(Effect effect)
    {
        await using var store = await OpenAsync();
        await RevokeAsync(store, Match.Subject("alice"), effect);
        var before = await StepsOfAsync(() => RevokeAsync(store, Match.Subject("alice"), effect));

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => RevokeAsync(store, Match.Subject("alice"), effect)));

        (await StepsOfAsync(() => RevokeAsync(store, Match.Subject("alice"), effect))).ShouldBeLessThanOrEqualTo(before + 50);
    }

    [Fact]
    public async Task A_spread_looks_once_at_sessions_that_are_over_however_long_it_takes()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        var living = await StartAsync(store, NewSession());
        Session[] ending = [await StartAsync(store, NewSession()), await StartAsync(store, NewSession())];
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => StartAsync(store, NewSession() with { IdleExpiresAt = Now })));
        await store.Revocations.RevokeAsync(Draft(Match.Client("web"), Effect.Renew) with { Spread = 100 }, Cancel);
        foreach (var session in ending)
        {
            await RevokeAsync(store, Match.Session(session.Id));
        }

        Time.Advance(TimeSpan.FromSeconds(60));
        await AdvanceAsync();
        Time.Advance(TimeSpan.FromSeconds(35));
        await AdvanceAsync();

        (await StepsOfAsync(AdvanceAsync)).ShouldBeLessThan(500);
        (await store.Revocations.ReadAsync(default, 100, Cancel))!.Entries.ShouldContain(entry => entry.Match == Match.Session(living.Id));

        Task AdvanceAsync() => store.Revocations.AdvanceSpreadsAsync(Cancel);
    }

    [Fact]
    public async Task An_act_under_a_key_takes_no_more_steps_however_many_keys_its_actor_has_sent()
    {
        await using var store = await OpenAsync();
        await RevokeUnderKeysAsync(0, 2);
        var before = await StepsOfAsync(() => RevokeUnderKeysAsync(2, 1));

        await RevokeUnderKeysAsync(3, 2 * KeysOfOneActor);

        (await StepsOfAsync(() => RevokeUnderKeysAsync(3 + (2 * KeysOfOneActor), 1))).ShouldBeLessThanOrEqualTo(before + 200);

        Task RevokeUnderKeysAsync(int first, int count) => Task.WhenAll(Enumerable.Range(first, count).Select(i => store.Revocations.RevokeAsync(
            Draft(Match.Subject("alice")) with { Once = true, Idempotency = new(Caller.Actor, $"key-{i}", "hash") }, Cancel)));
    }

    private Session Login() => NewSession() with { AuthenticatedAt = Now };

    // The writer and the readers each prepare on a thread of their own, but none while nothing runs.
    private async Task<long> StepsOfAsync(Func<Task> call)
    {
        Take();
        await call();
        return Take();
    }

    private long Take() => _statements.ToArray().Sum(static statement => (long)raw.sqlite3_stmt_status(statement, raw.SQLITE_STMTSTATUS_VM_STEP, 1));
}
