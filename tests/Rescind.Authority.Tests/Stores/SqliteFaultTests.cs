using Microsoft.Data.Sqlite;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;
using SQLitePCL;

namespace Rescind.Authority.Tests.Stores;

/// <summary>The writer with a disk that fails at a chosen step.</summary>
public sealed class SqliteFaultTests : FaultContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private WriteStep _fails;
    private int _folders;
    private int _passes;

    public void Dispose() => _folder.Dispose();

    internal override IReadOnlyList<FaultyStep> Steps =>
    [
        new(nameof(WriteStep.Begin), false), new(nameof(WriteStep.Item), false), new(nameof(WriteStep.Release), false),
        new(nameof(WriteStep.Commit), false), new(nameof(WriteStep.Committed), true),
    ];

    internal override void Fail(FaultyStep step) => _fails = Enum.Parse<WriteStep>(step.Name);

    internal override Task<OpenedStore> OpenAsync() =>
        SqliteUnderTest.OpenAsync(Path.Combine(_folder.Path, $"{_folders}"), Time, options => options with { Before = FailOnce });

    internal override Task<OpenedStore> OpenEmptyAsync()
    {
        _folders++;
        return OpenAsync();
    }

    [Theory]
    [InlineData((int)WriteStep.Begin, false)]
    [InlineData((int)WriteStep.Item, false)]
    [InlineData((int)WriteStep.Append, false)]
    [InlineData((int)WriteStep.Release, false)]
    [InlineData((int)WriteStep.Commit, false)]
    [InlineData((int)WriteStep.Committed, true)]
    [InlineData((int)WriteStep.Publish, true)]
    public async Task A_failing_step_is_never_acknowledged_and_what_is_published_is_what_is_kept(int step, bool isKept)
    {
        IReadOnlyList<LogEntry> log;
        await using (var store = (await OpenAsync()).Watch())
        {
            await RevokeAsync(store, Match.Subject("alice"));
            _fails = (WriteStep)step;

            await Should.ThrowAsync<StoreUnavailableException>(() => RevokeAsync(store, Match.Subject("bob")));

            _fails.ShouldBe(WriteStep.None);
            await RevokeAsync(store, Match.Subject("carol"));
            log = await ReadProvedLogAsync(store);
            log.Select(entry => entry.Match?.Value).ShouldBe(isKept ? ["alice", "bob", "carol"] : ["alice", "carol"]);
            store.Published.ShouldBe(log);
            (await store.Revocations.ListAsync(new(), default, 10, Cancel)).Rows.Count.ShouldBe(log.Count);
        }

        await using var again = await OpenAsync();
        (await ReadProvedLogAsync(again)).ShouldBe(log);
    }

    [Fact]
    public async Task An_act_that_is_recorded_is_answered_although_what_it_hit_cannot_be_kept()
    {
        await using var store = await OpenAsync();
        await StartAsync(store, NewSession());
        (_fails, _passes) = (WriteStep.Item, 1);

        var outcome = await store.Revocations.RevokeAsync(Draft(Match.Client("web")), Cancel);

        _fails.ShouldBe(WriteStep.None);
        (outcome.Result, outcome.Sessions).ShouldBe((RevokeResult.Appended, null));
        (await store.Revocations.FindAsync(outcome.Revocation!.Position, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_commit_that_fails_acknowledges_nothing()
    {
        await using var store = await OpenAsync();
        _fails = WriteStep.Commit;

        await Should.ThrowAsync<StoreUnavailableException>(() => RevokeAsync(store, Match.Subject("alice")));

        (await ReadProvedLogAsync(store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_commit_that_fails_publishes_nothing()
    {
        await using var store = (await OpenAsync()).Watch();
        _fails = WriteStep.Commit;

        await RevokeAsync(store, Match.Subject("alice"))
            .ContinueWith(_ => { }, Cancel, TaskContinuationOptions.None, TaskScheduler.Default);

        store.Published.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_reuse_after_one_that_failed_is_numbered_above_it()
    {
        await using var store = await OpenAsync();
        var session = await StartAsync(store, NewSession());
        await RotateAsync(store, session, 1);
        await RotateAsync(store, session, 2);
        var last = (await RevokeAsync(store, Match.Subject("bob"))).Position;
        _fails = WriteStep.Release;

        await Should.ThrowAsync<StoreUnavailableException>(() => RotateAsync(store, session, 1));
        var outcome = await RotateAsync(store, session, 1);

        // Each takes two: one to note it, and one for the end of the session.
        outcome.By.Value.ShouldBe(last.Value + 4);
    }

    [Theory]
    [InlineData((int)WriteStep.Begin, "Nothing was recorded.")]
    [InlineData((int)WriteStep.Append, "Nothing was recorded.")]
    [InlineData((int)WriteStep.Commit, "Whether the change is durable is not known: repeat it.")]
    [InlineData((int)WriteStep.Committed, "Whether the change is durable is not known: repeat it.")]
    public async Task What_became_of_a_failed_change_is_said_as_far_as_it_is_known(int step, string outcome)
    {
        await using var store = await OpenAsync();
        _fails = (WriteStep)step;

        var sentence =
            (await Should.ThrowAsync<StoreUnavailableException>(() => RevokeAsync(store, Match.Subject("alice")))).Message;

        sentence.ShouldStartWith("RSC1011 ");
        sentence.ShouldContain(outcome);
        new[] { "recorded", "durable" }.Count(word => sentence.Contains(word, StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData((int)WriteStep.Begin)]
    [InlineData((int)WriteStep.Item)]
    [InlineData((int)WriteStep.Release)]
    [InlineData((int)WriteStep.Commit)]
    [InlineData((int)WriteStep.Committed)]
    public async Task Logouts_that_could_not_be_kept_are_found_again_and_those_that_were_are_not(int step)
    {
        await using var store = await OpenAsync();
        var shop = new ClientRecord { ClientId = "shop", Kind = ClientKind.Public, LogoutUri = "https://shop.example/out" };
        await store.Registry.SaveClientAsync("shop", shop, Caller, Cancel);
        var session = await StartAsync(store, NewSession(client: "shop"));
        await RevokeAsync(store, Match.Subject("alice"));
        _fails = (WriteStep)step;

        await Should.ThrowAsync<StoreUnavailableException>(() => store.Logouts.ExpandAsync(Cancel));
        while (await store.Logouts.ExpandAsync(Cancel))
        {
        }

        (await store.Logouts.ReadAsync("shop", 0, 10, Cancel)).Select(logout => (logout.Number, logout.SessionId))
            .ShouldBe([(1, session.Id)]);
    }

    [Theory]
    [InlineData((int)WriteStep.Item)]
    [InlineData((int)WriteStep.Commit)]
    [InlineData((int)WriteStep.Committed)]
    public async Task A_lift_stands_though_the_disk_fails_before_all_is_given_back_and_the_rest_follows(int step)
    {
        await using var store = (await OpenAsync()).Watch();
        var sessions = await Task.WhenAll(Enumerable.Range(0, 301).Select(_ => StartAsync(store, NewSession())));
        var act = (await store.Revocations.RevokeAsync(
            Draft(Match.Subject("alice")) with { Except = ["another"] }, Cancel)).Revocation!;
        (_fails, _passes) = ((WriteStep)step, 1);

        (await store.Revocations.LiftAsync(act.Position, Caller, Cancel)).Result.ShouldBe(LiftResult.Done);
        _fails.ShouldBe(WriteStep.None);
        (await store.Revocations.LiftAsync(act.Position, Caller, Cancel)).Result.ShouldBe(LiftResult.AlreadyLifted);
        await store.Revocations.AdvanceSpreadsAsync(Cancel);

        var latest = (await ReadProvedLogAsync(store)).GroupBy(entry => entry.Match!)
            .ToDictionary(entries => entries.Key, entries => entries.Last());
        sessions.ShouldAllBe(session => latest[Match.Session(session.Id)].State!.IsEmpty);
        store.Published.ShouldBe(await ReadProvedLogAsync(store));
    }

    // On the writer's thread; the test sets it while nothing is in flight.
    private void FailOnce(WriteStep step)
    {
        if (step == _fails && step != WriteStep.None && _passes-- <= 0)
        {
            _fails = WriteStep.None;
            throw new SqliteException("disk I/O error", raw.SQLITE_IOERR);
        }
    }
}
