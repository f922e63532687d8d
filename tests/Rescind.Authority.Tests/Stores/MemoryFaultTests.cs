using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Memory;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>The in-memory store under faults, under conflicts, and shared by two nodes.</summary>
public sealed class MemoryFaultTests : FaultContract
{
    private MemoryData _data = new();
    private MemoryStep _failing;
    private MemoryFault _fault;
    private int _times;
    private Func<Task>? _interruption;

    internal override IReadOnlyList<FaultyStep> Steps =>
        [new(nameof(MemoryStep.Fetch), false), new(nameof(MemoryStep.Commit), false), new(nameof(MemoryStep.Answer), true)];

    internal override void Fail(FaultyStep step) => Fail(Enum.Parse<MemoryStep>(step.Name), MemoryFault.Fail, times: 1);

    internal override Task<OpenedStore> OpenAsync() =>
        MemoryUnderTest.OpenAsync(_data, Time, options => options with { Before = FailAsync });

    internal override Task<OpenedStore> OpenEmptyAsync()
    {
        _data = new();
        return OpenAsync();
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_change_that_conflicts_is_decided_anew_and_made_once(string call)
    {
        await using var store = (await OpenAsync()).Watch();
        var given = await GiveAsync(store);
        var before = await ContentsAsync(store);

        Fail(MemoryStep.Commit, MemoryFault.Conflict, times: 3);
        await CallAsync(call, store, given);

        (await ContentsAsync(store)).ShouldNotBe(before);
        store.Published.ShouldBe(await ReadProvedLogAsync(store));
    }

    [Fact]
    public async Task A_change_that_always_conflicts_is_refused_and_not_made()
    {
        await using var store = await OpenAsync();
        Fail(MemoryStep.Commit, MemoryFault.Conflict, times: int.MaxValue);

        var refused = await Should.ThrowAsync<StoreUnavailableException>(() => RevokeAsync(store, Match.Subject("alice")));

        refused.Message.ShouldContain($"{MemoryStore.MostAttempts} times");
        (await ReadProvedLogAsync(store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refresh_beside_a_refresh_of_another_node_has_one_successor()
    {
        await using var here = await OpenAsync();
        await using var there = await MemoryUnderTest.OpenAsync(_data, Time);
        var session = await StartAsync(here, NewSession());
        RotationOutcome? other = null;
        Interrupt(async () => other = await RotateAsync(there, session));

        var outcome = await RotateAsync(here, session);

        (other!.Result, outcome.Result).ShouldBe((RotationResult.Rotated, RotationResult.Repeated));
        (await FindAsync(here, session)).Generation.ShouldBe(2u);
    }

    [Fact]
    public async Task Two_nodes_that_revoke_at_once_append_to_one_chain()
    {
        await using var here = await OpenAsync();
        await using var there = await MemoryUnderTest.OpenAsync(_data, Time);
        Interrupt(() => RevokeAsync(there, Match.Subject("bob")));

        var act = await RevokeAsync(here, Match.Subject("alice"));

        var log = await ReadProvedLogAsync(here);
        log.Select(entry => entry.Match).ShouldBe([Match.Subject("bob"), Match.Subject("alice")]);
        log[1].Position.ShouldBe(act.Position);
    }

    [Fact]
    public async Task A_session_that_starts_on_another_node_while_others_are_selected_is_selected_too()
    {
        await using var here = await OpenAsync();
        await using var there = await MemoryUnderTest.OpenAsync(_data, Time);
        var spared = await StartAsync(here, NewSession());
        Session? late = null;
        Interrupt(async () => late = await StartAsync(there, NewSession()));

        await here.Revocations.RevokeAsync(Draft(Match.Subject("alice")) with { Except = [spared.Id] }, Cancel);

        (await FindAsync(here, late!)).EndedBy.ShouldNotBeNull();
        (await FindAsync(here, spared)).EndedBy.ShouldBeNull();
    }

    // Between what is read and what is written, once.
    private void Interrupt(Func<Task> interruption) => _interruption = interruption;

    private void Fail(MemoryStep step, MemoryFault fault, int times) => (_failing, _fault, _times) = (step, fault, times);

    private async ValueTask<MemoryFault> FailAsync(MemoryStep step)
    {
        if (step is MemoryStep.Commit && Interlocked.Exchange(ref _interruption, null) is { } interrupt)
        {
            await interrupt();
        }

        return step == _failing && _times-- > 0 ? _fault : MemoryFault.None;
    }
}
