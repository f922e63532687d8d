using Rescind.Authority.Feeding;

namespace Rescind.Authority.Tests.Feeding;

public sealed class ReceiptsTests : VerifiersSuite
{
    [Fact]
    public async Task It_is_certain_when_the_last_proof_of_every_laggard_is_past_its_bound()
    {
        await HearAsync("slow", bound: 20);
        await HearAsync("quick", bound: 60);
        Time.Advance(TimeSpan.FromSeconds(3));
        var committed = Time.GetUtcNow();
        await HearAsync("quick", bound: 60, position: 5);

        // The laggard's last proof is 3 s older than the commit.
        Verifiers.Receipts.Coverage(new(5), committed).CertainAt.ShouldBe(committed + TimeSpan.FromSeconds(17));
    }

    [Fact]
    public async Task A_laggard_that_polls_again_after_the_commit_proved_nothing_newer_than_the_commit()
    {
        var committed = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromSeconds(3));
        await HearAsync("slow", bound: 20);

        Verifiers.Receipts.Coverage(new(5), committed).CertainAt.ShouldBe(committed + TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Once_all_have_applied_it_is_certain_since_the_commit()
    {
        await HearAsync("a", bound: 60, position: 5);
        var committed = Time.GetUtcNow();
        var coverage = Verifiers.Receipts.Coverage(new(5), committed);
        (coverage.Applied, coverage.CertainAt, coverage.Behind.Count).ShouldBe((1, committed, 0));
    }

    [Fact]
    public async Task A_wait_ends_with_the_last_acknowledgement_and_not_before()
    {
        await HearAsync("a");
        await HearAsync("b");
        var wait = WaitAsync(seconds: 2);

        await HearAsync("a", position: 5);
        await HearAsync("b", position: 4);
        wait.IsCompleted.ShouldBeFalse();
        Time.Advance(TimeSpan.FromMilliseconds(84));
        await HearAsync("b", position: 6);

        var coverage = await wait;
        (coverage.Verifiers, coverage.Applied, coverage.Elapsed).ShouldBe((2, 2, TimeSpan.FromMilliseconds(84)));
    }

    [Fact]
    public async Task Very_many_receipts_wait_for_very_many_verifiers_in_little_memory()
    {
        await ShareAsync(5_000);
        for (var i = 0; i < 5_000; i++)
        {
            await HearAsync($"{i}");
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var waits = Enumerable.Range(0, 100).Select(_ => WaitAsync(seconds: 2)).ToList();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        (allocated / waits.Count).ShouldBeLessThan(16 * 1024, "bytes of one receipt");
        for (var i = 0; i < 5_000; i++)
        {
            waits.ShouldAllBe(wait => !wait.IsCompleted);
            await HearAsync($"{i}", position: 5);
        }

        (await Task.WhenAll(waits)).ShouldAllBe(coverage => coverage.Applied == 5_000);
    }

    [Fact]
    public async Task What_a_receipt_costs_does_not_grow_with_the_number_of_verifiers()
    {
        await ShareAsync(VerifierRegistry.Most);
        await HearAllAsync(from: 0, to: 200);
        Cost();
        var few = Cost();
        await HearAllAsync(from: 200, to: VerifierRegistry.Most);

        var many = Cost();

        // There are a hundred times as many.
        (many / few).ShouldBeLessThan(10);
        Verifiers.Receipts.Coverage(new(5), Time.GetUtcNow()).Applied.ShouldBe(VerifierRegistry.Most / 2);

        async Task HearAllAsync(int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                await HearAsync($"{i}", bound: 60, position: i % 2 == 0 ? 5 : 1);
            }
        }

        double Cost() => Enumerable.Range(0, 20).Min(round =>
        {
            var began = TimeProvider.System.GetTimestamp();
            for (var i = 0; i < 100; i++)
            {
                Verifiers.Receipts.Coverage(new(5), Time.GetUtcNow());
                _ = Verifiers.Receipts.Closed;
            }

            return TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
        });
    }

    [Fact]
    public async Task Of_very_many_laggards_the_hundred_that_are_furthest_behind_are_named()
    {
        for (var i = 0; i < 300; i++)
        {
            await HearAsync($"{i}", position: 1 + i);
        }

        var coverage = Verifiers.Receipts.Coverage(new(1_000), Time.GetUtcNow());

        (coverage.Verifiers, coverage.Applied).ShouldBe((300, 0));
        coverage.Behind.ShouldBe(Enumerable.Range(0, 100).Select(i => $"orders/{i}"));
    }

    [Fact]
    public async Task A_wait_ends_with_the_bound_of_one_that_fell_silent_and_not_before()
    {
        await HearAsync("silent", bound: 2);
        await HearAsync("other", position: 5);
        var wait = WaitAsync(seconds: 10);

        Time.Advance(TimeSpan.FromSeconds(3));
        await HearAsync("other", position: 5);
        wait.IsCompleted.ShouldBeFalse();
        Time.Advance(TimeSpan.FromSeconds(0.1));
        await HearAsync("other", position: 5);

        var coverage = await wait;
        (coverage.Verifiers, coverage.Applied).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_wait_does_not_end_while_one_that_came_meanwhile_is_behind()
    {
        await HearAsync("a");
        var wait = WaitAsync(seconds: 10);
        await HearAsync("new", position: 4);

        await HearAsync("a", position: 5);
        wait.IsCompleted.ShouldBeFalse();
        await HearAsync("new", position: 5);

        (await wait).Applied.ShouldBe(2);
    }

    [Fact]
    public async Task A_wait_runs_out_with_the_laggards_names()
    {
        await HearAsync("a");
        var wait = WaitAsync(seconds: 2);
        Time.Advance(TimeSpan.FromSeconds(2));
        (await wait).Behind.ShouldBe(["orders/a"]);
    }

    [Fact]
    public async Task A_caller_that_leaves_ends_its_wait()
    {
        await HearAsync("a");
        using var gone = new CancellationTokenSource();
        var wait = WaitAsync(seconds: 2, gone.Token);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(wait);
    }
}
