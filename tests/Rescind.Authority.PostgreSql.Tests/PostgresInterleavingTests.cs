using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>
/// What another node does between the steps of a node that starts or refreshes: before the head is read, before the acts
/// are, before the commit, and after it. Whatever was not seen has a position above that of what was minted.
/// </summary>
public sealed class PostgresInterleavingTests(PostgresCluster cluster) : StoreSuite
{
    // Less than the server lets a transaction stand idle.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly string _schema = cluster.NewSchema();
    private Func<Task>? _meanwhile;
    private PostgresStep _at;

    public static TheoryData<int, string> Interleavings => new(
        from step in new[] { PostgresStep.Begin, PostgresStep.Item, PostgresStep.Commit, PostgresStep.Committed }
        from act in new[] { "subject", "session", "client", "others" }
        select ((int)step, act));

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);

    [Theory]
    [MemberData(nameof(Interleavings))]
    public async Task No_refresh_outlives_what_another_node_revokes_between_its_steps(int step, string act)
    {
        await using var there = await OpenAsync();
        await using var here = await OpenInterruptedAsync();
        var (session, spared) = (await StartAsync(here, NewSession()), await StartAsync(there, NewSession()));

        var (refreshed, revoked) = await MeanwhileAsync(
            (PostgresStep)step, () => RevokeAsync(there, act, session, spared), () => RotateAsync(here, session));

        ShouldNotOutlive(refreshed, revoked);
        (await FindAsync(there, session)).EndedBy.ShouldBe(revoked.Position);
        (await RotateAsync(here, session, refreshed.Session?.Generation)).Result.ShouldBe(RotationResult.Ended);
    }

    [Theory]
    [MemberData(nameof(Interleavings))]
    public Task No_refresh_of_several_in_one_statement_does(int step, string act) => SeveralAsync(step, act, isRepeated: false);

    // Their acts are looked up together, right after the head.
    [Theory]
    [InlineData((int)PostgresStep.Item, "subject")]
    [InlineData((int)PostgresStep.Item, "others")]
    [InlineData((int)PostgresStep.Commit, "subject")]
    public Task No_refresh_of_several_that_are_repeated_in_one_transaction_does(int step, string act) =>
        SeveralAsync(step, act, isRepeated: true);

    private async Task SeveralAsync(int step, string act, bool isRepeated)
    {
        await using var there = await OpenAsync();
        await using var here = await OpenInterruptedAsync();
        var spared = await StartAsync(there, NewSession());
        var sessions = new[] { await StartAsync(here, NewSession()), await StartAsync(here, NewSession()) };
        if (isRepeated)
        {
            await RotateAsync(here, sessions[0]);
            await RotateAsync(here, sessions[1]);
        }

        Task<RotationOutcome>[] refreshing = [];

        var (_, revoked) = await MeanwhileAsync(
            (PostgresStep)step, () => RevokeAsync(there, act, sessions[0], spared),
            async () =>
            {
                await InOneBatchAsync(
                    here, () => Add(RotateAsync(here, sessions[0])), () => Add(RotateAsync(here, sessions[1])));
                return true;
            },
            after: isRepeated ? 2 : 1);

        ShouldNotOutlive(await refreshing[0], revoked);
        if (act is not "session")
        {
            ShouldNotOutlive(await refreshing[1], revoked);
        }

        Task Add(Task<RotationOutcome> one)
        {
            refreshing = [.. refreshing, one];
            return one;
        }
    }

    [Theory]
    [MemberData(nameof(Interleavings))]
    public async Task No_start_outlives_what_another_node_revokes_between_its_steps(int step, string act)
    {
        await using var there = await OpenAsync();
        await using var here = await OpenInterruptedAsync();
        var (known, spared) = (await StartAsync(here, NewSession()), await StartAsync(there, NewSession()));

        var (late, revoked) = await MeanwhileAsync(
            (PostgresStep)step, () => RevokeAsync(there, act, known, spared), () => StartAsync(here, NewSession()));

        if (act is not "session")
        {
            var found = await FindAsync(there, late);
            (late.Started >= revoked.Position || found.EndedBy == revoked.Position)
                .ShouldBeTrue($"started at {late.Started}, revoked at {revoked.Position}, ended by {found.EndedBy}");
        }
    }

    [Theory]
    [InlineData((int)PostgresStep.Begin)]
    [InlineData((int)PostgresStep.Item)]
    [InlineData((int)PostgresStep.Commit)]
    [InlineData((int)PostgresStep.Committed)]
    public async Task Whoever_mints_for_a_client_that_another_node_removes_is_told_or_ended(int step)
    {
        await using var there = await OpenAsync();
        await using var here = await OpenInterruptedAsync();
        var shop = new ClientRecord { ClientId = "shop", Kind = ClientKind.Public };
        var version = await there.Registry.SaveClientAsync("shop", shop, Caller, Cancel);
        var known = await StartAsync(here, NewSession(client: "shop"));

        var (outcomes, removed) = await MeanwhileAsync(
            (PostgresStep)step, () => RemoveAsync(there, version!.Value),
            async () => (
                Started: await TryStartAsync(here, NewSession(client: "shop")), Refreshed: await RotateAsync(here, known)));

        var (started, refreshed) = outcomes;
        var late = await FindAsync(there, started.Session!);
        (started.Registry > version || late.EndedBy == removed.Position).ShouldBeTrue();
        ShouldNotOutlive(refreshed, removed);
    }

    // Either it saw the act, or the act ends what it minted.
    private static void ShouldNotOutlive(RotationOutcome refreshed, Revocation revoked) =>
        (refreshed.Result is RotationResult.Ended || refreshed.Head < revoked.Position)
            .ShouldBeTrue($"{refreshed.Result} at {refreshed.Head}, revoked at {revoked.Position}");

    private static async Task<Revocation> RevokeAsync(OpenedStore there, string act, Session session, Session spared)
    {
        var draft = act switch
        {
            "session" => Draft(Match.Session(session.Id)),
            "client" => Draft(Match.Client(session.ClientId)),
            "others" => Draft(Match.Subject(session.Subject)) with { Except = [spared.Id] },
            _ => Draft(Match.Subject(session.Subject)),
        };
        return (await there.Revocations.RevokeAsync(draft, Cancel)).Revocation.ShouldNotBeNull();
    }

    private static async Task<Revocation> RemoveAsync(OpenedStore there, long version)
    {
        var draft = Draft(Match.Client("shop")) with { Client = new("shop", null), From = version };
        return (await there.Revocations.RevokeAsync(draft, Cancel)).Revocation.ShouldNotBeNull();
    }

    // Once, at the first such step from now on, but for so many: of an item that holds a batch back, and of what is tried
    // first. What ends a session waits for a refresh of it that is not committed: then the step goes on.
    private async Task<(T Done, Revocation Revoked)> MeanwhileAsync<T>(
        PostgresStep step, Func<Task<Revocation>> revoke, Func<Task<T>> work, int after = 0)
    {
        Task<Revocation>? revoking = null;
        var passed = 0;
        (_at, _meanwhile) = (step, InterruptAsync);
        var done = await work();
        return (done, await revoking.ShouldNotBeNull());

        async Task InterruptAsync()
        {
            if (passed++ < after)
            {
                return;
            }

            _meanwhile = null;
            revoking = revoke();
            await Task.WhenAny(revoking, Task.Delay(LongestWait));
        }
    }

    private Task<OpenedStore> OpenInterruptedAsync() => PostgresUnderTest.OpenAsync(
        cluster, _schema, Time, options => options with
        {
            Before = async step =>
            {
                if (step == _at && _meanwhile is { } meanwhile)
                {
                    await meanwhile();
                }
            },
        });
}
