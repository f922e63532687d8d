using Rescind.Authority.Feeding;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores.Memory;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Nodes;

/// <summary>A receipt speaks of the verifiers of every node.</summary>
public sealed class ReceiptsOfNodesTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    private TwoNodes _nodes = null!;
    private volatile bool _isReadOnly;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _nodes = await TwoNodes.StartAsync();

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task It_is_not_complete_while_a_verifier_of_another_node_is_behind()
    {
        await PollAsync(_nodes.Second, _nodes.Second.Tail.Head.Position);

        var receipt = await RevokeAsync();

        var inForce = receipt.InForce!;
        (inForce.Verifiers, inForce.Applied, inForce.CertainAt).ShouldBe((1, 0, _nodes.Time.GetUtcNow() + Bound));
        inForce.Behind.ShouldBe(["orders/i"]);

        await _nodes.Second.Get<LogFollower>().CatchUpAsync(Cancel);
        await PollAsync(_nodes.Second, receipt.Revocation.Position);
        await _nodes.Second.Get<VerifierRegistry>().SaveAsync(Cancel);
        var later = await CoverageAsync(_nodes.First, receipt.Revocation.Position);
        (later.Verifiers, later.Applied).ShouldBe((1, 1));
    }

    [Fact]
    public async Task What_a_verifier_of_this_node_has_applied_at_another_one_is_applied()
    {
        await PollAsync(_nodes.First, _nodes.First.Tail.Head.Position);
        var position = (await RevokeAsync()).Revocation.Position;
        await _nodes.Second.Get<LogFollower>().CatchUpAsync(Cancel);
        await PollAsync(_nodes.Second, position);
        await _nodes.Second.Get<VerifierRegistry>().SaveAsync(Cancel);

        var coverage = await CoverageAsync(_nodes.First, position);

        (coverage.Verifiers, coverage.Applied).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Whoever_has_fallen_silent_at_another_node_is_counted_until_it_must_have_stopped()
    {
        await PollAsync(_nodes.Second, _nodes.Second.Tail.Head.Position);
        var position = (await RevokeAsync()).Revocation.Position;

        await _nodes.PassAsync(Bound + VerifierRegistry.Grace);
        (await CoverageAsync(_nodes.First, position)).Verifiers.ShouldBe(1);

        await _nodes.PassAsync(2 * (Bound + VerifierRegistry.OldestRow + VerifierRegistry.SaveInterval));
        (await CoverageAsync(_nodes.First, position)).Verifiers.ShouldBe(0);
    }

    [Fact]
    public async Task It_counts_what_a_verifier_that_is_known_here_says_to_another_node_that_it_has_closed()
    {
        await PollAsync(_nodes.First, _nodes.First.Tail.Head.Position, new(8, 5));

        (await ClosedAtTheOtherNodeAsync(new(5, 8))).ShouldBe(3);
    }

    [Fact]
    public async Task It_counts_what_a_verifier_that_is_unknown_here_says_to_another_node_that_it_has_closed()
    {
        await PollAsync(_nodes.Second, _nodes.Second.Tail.Head.Position, new(8, 5));
        await _nodes.Second.Get<VerifierRegistry>().SaveAsync(Cancel);
        await _nodes.First.Get<VerifierRegistry>().SaveAsync(Cancel);

        (await ClosedAtTheOtherNodeAsync(new(5, 8))).ShouldBe(3);
    }

    [Fact]
    public async Task What_one_verifier_says_to_both_nodes_counts_once()
    {
        await PollAsync(_nodes.First, _nodes.First.Tail.Head.Position, new(8, 5));
        var receipts = _nodes.First.Get<VerifierRegistry>().Receipts;
        var before = receipts.Closed;

        (await ClosedAtTheOtherNodeAsync(new(5, 8))).ShouldBe(3);
        await PollAsync(_nodes.First, _nodes.First.Tail.Head.Position, new(5, 8));
        await receipts.ReadOthersAsync(Cancel);

        (receipts.Closed - before).ShouldBe(3);
    }

    [Fact]
    public async Task The_live_connections_are_those_of_all_nodes()
    {
        await PollAsync(_nodes.Second, _nodes.Second.Tail.Head.Position, new(8, 5));
        await _nodes.Second.Get<VerifierRegistry>().SaveAsync(Cancel);
        var receipts = _nodes.First.Get<VerifierRegistry>().Receipts;
        receipts.LiveConnections.ShouldBeNull();

        await receipts.ReadOthersAsync(Cancel);

        receipts.LiveConnections.ShouldBe(8);
    }

    [Fact]
    public async Task A_verifier_that_no_other_node_could_know_of_gets_all_that_is_committed()
    {
        var before = _nodes.Second.Tail.Head;
        var receipt = await RevokeAsync();
        receipt.InForce!.Verifiers.ShouldBe(0);
        _nodes.Second.Tail.Head.ShouldBe(before);

        var answer = await PollAsync(_nodes.Second, before.Position);

        answer.Head.ShouldBe(receipt.Revocation.Position);
        answer.Entries.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_row_that_was_saved_while_its_first_answer_was_held_is_saved_again_with_it()
    {
        var verifiers = _nodes.Second.Get<VerifierRegistry>();
        var request = RequestOf(_nodes.Second.Tail.Head.Position);
        verifiers.Hear("api", null, request);
        await verifiers.SaveAsync(Cancel);

        (await verifiers.AnsweringAsync("api", request.Follower!, TimeSpan.Zero, Cancel)).ShouldBeTrue();
        (await verifiers.AnsweringAsync("api", request.Follower!, TimeSpan.Zero, Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task An_answer_that_was_made_before_its_verifier_was_known_to_others_is_made_anew_though_another_has_saved_it()
    {
        var verifiers = _nodes.Second.Get<VerifierRegistry>();
        var request = RequestOf(_nodes.Second.Tail.Head.Position);
        verifiers.Hear("api", null, request);
        _nodes.Time.Advance(TimeSpan.FromSeconds(1));
        await verifiers.AnsweringAsync("api", request.Follower!, TimeSpan.Zero, Cancel);
        _nodes.Time.Advance(TimeSpan.FromSeconds(1));

        var made = TimeSpan.FromSeconds(1);
        (await verifiers.AnsweringAsync("api", request.Follower!, made + TimeSpan.FromMilliseconds(1), Cancel)).ShouldBeTrue();
        (await verifiers.AnsweringAsync("api", request.Follower!, made, Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task Nothing_is_answered_by_a_row_that_is_old_where_no_newer_one_can_be_saved()
    {
        await using var node = await _nodes.StartOneAsync(
            static _ => { }, step => _isReadOnly && step is MemoryStep.Commit);
        await PollAsync(node, node.Tail.Head.Position);
        _isReadOnly = true;
        _nodes.Time.Advance(TimeSpan.FromSeconds(1));
        await PollAsync(node, node.Tail.Head.Position);

        _nodes.Time.Advance(VerifierRegistry.OldestRow);

        await Should.ThrowAsync<FeedException>(() => PollAsync(node, node.Tail.Head.Position));
        _isReadOnly = false;
    }

    [Fact]
    public async Task A_row_from_before_a_suspension_is_saved_again_before_an_answer_leaves_by_it()
    {
        var verifiers = _nodes.Second.Get<VerifierRegistry>();
        var request = RequestOf(_nodes.Second.Tail.Head.Position);
        verifiers.Hear("api", null, request);
        await verifiers.AnsweringAsync("api", request.Follower!, TimeSpan.Zero, Cancel);

        _nodes.Time.Set(VerifierRegistry.OldestRow);

        (await verifiers.AnsweringAsync("api", request.Follower!, TimeSpan.Zero, Cancel)).ShouldBeTrue();
        (await verifiers.AnsweringAsync("api", request.Follower!, TimeSpan.Zero, Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task After_a_restore_a_node_that_starts_later_counts_what_the_store_does_not_know_too()
    {
        _nodes.Restore();
        await using var first = await _nodes.StartOneAsync();
        await using var second = await _nodes.StartOneAsync();

        (await CoverageAsync(second, second.Tail.Head.Position)).Uncounted.ShouldBe(1);
    }

    private async Task<long?> ClosedAtTheOtherNodeAsync(ConnectionCounts counts)
    {
        var receipts = _nodes.First.Get<VerifierRegistry>().Receipts;
        var before = receipts.Closed;
        var position = (await RevokeAsync()).Revocation.Position;
        await _nodes.Second.Get<LogFollower>().CatchUpAsync(Cancel);
        await PollAsync(_nodes.Second, position, counts);
        await _nodes.Second.Get<VerifierRegistry>().SaveAsync(Cancel);
        return (await receipts.WaitAsync(position, _nodes.Time.GetUtcNow(), TimeSpan.Zero, before, Cancel)).Closed;
    }

    private Task<Receipt> RevokeAsync() => _nodes.First.Get<IRevocations>().RevokeAsync(
        new() { Match = Match.Subject("alice"), Reason = "test", Wait = TimeSpan.Zero }, Cancel);

    private Task<ReceiptCoverage> CoverageAsync(AuthorityHost node, LogPosition position) =>
        node.Get<VerifierRegistry>().Receipts.CoverageAsync(position, _nodes.Time.GetUtcNow(), Cancel);

    private Task<FeedAnswer> PollAsync(AuthorityHost node, LogPosition after, ConnectionCounts? connections = null) =>
        node.Get<IRevocationFeed>().PollAsync(RequestOf(after) with { Connections = connections }, Cancel);

    private FeedRequest RequestOf(LogPosition after) => new()
    {
        Epoch = _nodes.First.Tail.Head.Epoch, After = after, Nonce = "n", Wait = TimeSpan.Zero,
        Follower = new("orders", "i", Bound),
    };
}
