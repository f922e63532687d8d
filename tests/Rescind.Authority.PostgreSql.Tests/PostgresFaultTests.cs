using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>The writer with a connection that fails at a chosen step, or whose commit fails, is slow or is doubted.</summary>
public sealed class PostgresFaultTests(PostgresCluster cluster) : FaultContract
{
    private const string Cut = "cut before the commit";

    private string _schema = cluster.NewSchema();
    private PostgresStep _fails;
    private bool _cuts;

    internal override IReadOnlyList<FaultyStep> Steps =>
    [
        new(nameof(PostgresStep.Begin), false), new(nameof(PostgresStep.Item), false), new(nameof(PostgresStep.Commit), false),
        new(nameof(PostgresStep.Committed), true), new(Cut, false),
    ];

    internal override void Fail(FaultyStep step) =>
        (_fails, _cuts) = step.Name == Cut ? (PostgresStep.Commit, true) : (Enum.Parse<PostgresStep>(step.Name), false);

    internal override Task<OpenedStore> OpenAsync() =>
        PostgresUnderTest.OpenAsync(cluster, _schema, Time, options => options with { Before = FailOnceAsync });

    internal override Task<OpenedStore> OpenEmptyAsync()
    {
        _schema = cluster.NewSchema();
        return OpenAsync();
    }

    [Theory]
    [InlineData((int)PostgresStep.Begin, false)]
    [InlineData((int)PostgresStep.Commit, false)]
    [InlineData((int)PostgresStep.Committed, true)]
    [InlineData((int)PostgresStep.Publish, true)]
    public async Task A_failing_step_is_never_acknowledged_and_what_is_published_is_what_is_kept(int step, bool isKept)
    {
        await using var store = (await OpenAsync()).Watch();
        await RevokeAsync(store, Match.Subject("alice"));
        _fails = (PostgresStep)step;

        await Should.ThrowAsync<StoreUnavailableException>(() => RevokeAsync(store, Match.Subject("bob")));

        await RevokeAsync(store, Match.Subject("carol"));
        var log = await ReadProvedLogAsync(store);
        log.Select(entry => entry.Match?.Value).ShouldBe(isKept ? ["alice", "bob", "carol"] : ["alice", "carol"]);
        store.Published.ShouldBe(log);
    }

    [Fact]
    public async Task A_commit_that_is_slow_is_not_known_and_what_became_of_it_is_published_later()
    {
        await using var store = (await PostgresUnderTest.OpenAsync(cluster, _schema, Time, options =>
            options with { CommitPatience = TimeSpan.FromMilliseconds(300) })).Watch();
        await AtCommitAsync("if new.value = 'bob' then perform pg_sleep(1.2); end if");

        var refused = await Should.ThrowAsync<StoreUnavailableException>(() => RevokeAsync(store, Match.Subject("bob")));

        refused.Message.ShouldContain("not known");
        await RevokeAsync(store, Match.Subject("carol"));
        var log = await ReadProvedLogAsync(store);
        log.Select(entry => entry.Match?.Value).ShouldBe(["bob", "carol"]);
        store.Published.ShouldBe(log);
    }

    [Fact]
    public async Task A_commit_that_raises_a_warning_is_not_known()
    {
        await using var store = (await PostgresUnderTest.OpenAsync(cluster, _schema, Time)).Watch();
        await AtCommitAsync("if new.value = 'bob' then raise warning 'canceling wait'; end if");

        var refused = await Should.ThrowAsync<StoreUnavailableException>(() => RevokeAsync(store, Match.Subject("bob")));

        refused.Message.ShouldContain("not known");
        await RevokeAsync(store, Match.Subject("carol"));
        store.Published.ShouldBe(await ReadProvedLogAsync(store));
        store.Published.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_refresh_beside_a_refresh_of_another_node_has_one_successor()
    {
        await using var here = await OpenAsync();
        await using var there = await PostgresUnderTest.OpenAsync(cluster, _schema, Time);
        var session = await StartAsync(here, NewSession());

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 40).Select(
            i => Task.Run(() => RotateAsync(i % 2 == 0 ? here : there, session))));

        outcomes.Count(outcome => outcome.Result is RotationResult.Rotated).ShouldBe(1);
        outcomes.Count(outcome => outcome.Result is RotationResult.Repeated).ShouldBe(39);
        (await FindAsync(here, session)).Generation.ShouldBe(2u);
    }

    [Fact]
    public async Task Two_nodes_that_revoke_at_once_append_to_one_chain()
    {
        await using var here = (await OpenAsync()).Watch();
        await using var there = (await PostgresUnderTest.OpenAsync(cluster, _schema, Time)).Watch();

        await Task.WhenAll(Enumerable.Range(0, 100).Select(
            i => Task.Run(() => RevokeAsync(i % 2 == 0 ? here : there, Match.Subject($"s{i}")))));

        var log = await ReadProvedLogAsync(here);
        log.Count.ShouldBe(100);
        here.Published.Concat(there.Published).OrderBy(entry => entry.Position).ShouldBe(log);
    }

    [Fact]
    public async Task A_session_that_starts_on_another_node_while_others_are_selected_starts_after_the_act()
    {
        await using var there = await OpenAsync();
        var spared = await StartAsync(there, NewSession());
        Revocation? act = null;
        await using var here = await PostgresUnderTest.OpenAsync(cluster, _schema, Time, options => options with
        {
            Before = async step =>
            {
                // The start has read the head and is written, and not committed.
                if (step is PostgresStep.Commit && act is null)
                {
                    var draft = Draft(Match.Subject("alice")) with { Except = [spared.Id] };
                    act = (await there.Revocations.RevokeAsync(draft, Cancel)).Revocation;
                }
            },
        });

        var late = await StartAsync(here, NewSession());

        late.Started.ShouldBeGreaterThanOrEqualTo(act!.Position);
        (await FindAsync(there, late)).EndedBy.ShouldBeNull();
        (await here.Sessions.ListAsync(new("alice", null, 10, null), Cancel)).Sessions.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Nothing_is_appended_by_a_clock_that_is_a_second_off_the_databases()
    {
        await using var store = await PostgresUnderTest.OpenAsync(cluster, _schema, Time, options =>
            options with { DatabaseClock = _ => Time.GetUtcNow() + TimeSpan.FromSeconds(1.2) });

        var refused = await Should.ThrowAsync<StoreUnavailableException>(() => RevokeAsync(store, Match.Subject("alice")));

        refused.Message.ShouldStartWith("RSC1034");
        (await ReadProvedLogAsync(store)).ShouldBeEmpty();
    }

    // What the server does inside COMMIT.
    private Task AtCommitAsync(string statement) => cluster.ExecuteAsync(
        $"""
        create function {_schema}.at_commit() returns trigger language plpgsql as $$ begin {statement}; return null; end $$;
        create constraint trigger at_commit after insert on {_schema}.log deferrable initially deferred
            for each row execute function {_schema}.at_commit();
        """);

    private async ValueTask FailOnceAsync(PostgresStep step)
    {
        if (step != _fails)
        {
            return;
        }

        _fails = PostgresStep.None;
        if (!_cuts)
        {
            throw new IOException("The connection is gone.");
        }

        await cluster.EndConnectionsAsync(_schema);
    }
}
