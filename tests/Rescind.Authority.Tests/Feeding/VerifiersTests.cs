using Microsoft.Extensions.Logging.Abstractions;
using Rescind.Authority.Clients;
using Rescind.Authority.Feeding;
using Rescind.Authority.Nodes;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Client.Tests.Support;

namespace Rescind.Authority.Tests.Feeding;

public sealed class VerifiersTests : IDisposable
{
    private readonly SettableTime _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly SavedRows _rows = new();
    private readonly Verifiers _verifiers;

    private readonly NodeRegistry _registry;
    private readonly ClientRegistry _clients;

    public VerifiersTests()
    {
        _registry = new(_rows);
        _clients = new(_registry);
        _verifiers = Create();
    }

    public void Dispose()
    {
        _clients.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public async Task A_verifier_is_live_for_its_bound_late_for_a_second_more_and_then_gone()
    {
        await HearAsync("a", bound: 5);

        State(after: 5).ShouldBe("live");
        State(after: 0.5).ShouldBe("late");
        _verifiers.Coverage(new(9), _time.GetUtcNow()).Verifiers.ShouldBe(1);
        State(after: 1).ShouldBe("gone");
        _verifiers.Coverage(new(9), _time.GetUtcNow()).Verifiers.ShouldBe(0);
    }

    [Fact]
    public async Task A_new_verifier_is_saved_before_it_is_answered_and_a_known_one_is_not_saved_at_each_poll()
    {
        await HearAsync("a");
        await HearAsync("a", position: 2);
        _rows.Saved.Single().Position.ShouldBe(new(1));

        await _verifiers.SaveAsync(CancellationToken.None);
        _rows.Saved[^1].Position.ShouldBe(new(2));
    }

    [Fact]
    public async Task A_larger_bound_is_saved_before_it_is_answered_so_that_a_receipt_after_a_restart_waits_for_it()
    {
        await HearAsync("a", bound: 5);
        await HearAsync("a", bound: 60);

        var after = Create();
        after.Load([_rows.Saved[^1]], []);
        _time.Advance(TimeSpan.FromSeconds(59));
        after.Coverage(new(9), _time.GetUtcNow()).Verifiers.ShouldBe(1);
    }

    [Fact]
    public async Task While_the_disk_is_full_a_verifier_whose_bound_has_grown_is_not_answered_and_with_the_old_bound_it_is()
    {
        await HearAsync("a", bound: 5);
        _rows.IsFull = true;
        _time.Advance(TimeSpan.FromSeconds(10));

        await Should.ThrowAsync<StoreUnavailableException>(() => HearAsync("a", bound: 60));
        await HearAsync("a", bound: 5);
        _rows.IsFull = false;
        await HearAsync("a", bound: 60);

        _rows.Saved[^1].BoundMilliseconds.ShouldBe(60_000);
    }

    [Fact]
    public async Task Very_many_are_saved_a_few_at_a_time_so_that_nobody_waits_long_for_the_writer()
    {
        await ShareAsync(2_000);
        for (var i = 0; i < 1_000; i++)
        {
            await HearAsync($"{i}");
        }

        _rows.Saved.Clear();
        _rows.Most = 0;
        await _verifiers.SaveAsync(CancellationToken.None);

        _rows.Saved.Select(row => row.Instance).Distinct().Count().ShouldBe(1_000);
        _rows.Most.ShouldBe(Verifiers.MostAtOnce);
        _time.Advance(TimeSpan.FromHours(2));
        await _verifiers.SaveAsync(CancellationToken.None);
        (_rows.Forgotten.Count, _rows.Most).ShouldBe((1_000, Verifiers.MostAtOnce));
    }

    [Fact]
    public async Task No_answer_leaves_while_the_saved_row_is_old()
    {
        await HearAsync("a");
        _time.Advance(Verifiers.OldestRow - TimeSpan.FromSeconds(1));
        await HearAsync("a", position: 2);
        _rows.Saved.Count.ShouldBe(1);

        _time.Advance(TimeSpan.FromSeconds(1));
        await HearAsync("a", position: 3);

        _rows.Saved.Count.ShouldBe(2);
        _rows.Saved[^1].SeenAt.ShouldBe(_time.GetUtcNow().ToUnixTimeSeconds());
    }

    [Fact]
    public async Task While_nothing_can_be_saved_whoever_has_a_row_is_answered_on_and_nobody_new_is()
    {
        await HearAsync("a");
        _rows.IsFull = true;
        _time.Advance(TimeSpan.FromMinutes(10));
        await HearAsync("a", position: 2);
        await Should.ThrowAsync<StoreUnavailableException>(() => HearAsync("b"));

        var restarted = Create();
        restarted.Load(_rows.Saved, []);

        restarted.Coverage(new(9), _time.GetUtcNow()).Verifiers.ShouldBe(1);
        _rows.IsFull = false;
        await HearAsync("a", position: 3);
        _rows.Saved[^1].Position.ShouldBe(new(3));
    }

    [Fact]
    public async Task However_often_the_authority_is_killed_before_its_first_round_of_saving_a_receipt_counts_the_verifier()
    {
        await HearAsync("a");
        var verifiers = _verifiers;
        for (var life = 0; life < 20; life++)
        {
            verifiers = Create();
            verifiers.Load(_rows.Saved.TakeLast(1), []);
            verifiers.Coverage(new(9), _time.GetUtcNow()).Verifiers.ShouldBe(1);
            await HearAsync("a", verifiers: verifiers);
            _time.Advance(TimeSpan.FromSeconds(2));
        }
    }

    [Fact]
    public async Task It_is_certain_when_the_last_proof_of_every_laggard_is_past_its_bound()
    {
        await HearAsync("slow", bound: 20);
        await HearAsync("quick", bound: 60);
        _time.Advance(TimeSpan.FromSeconds(3));
        var committed = _time.GetUtcNow();
        await HearAsync("quick", bound: 60, position: 5);

        // The laggard's last proof is 3 s older than the commit.
        _verifiers.Coverage(new(5), committed).CertainAt.ShouldBe(committed + TimeSpan.FromSeconds(17));
    }

    [Fact]
    public async Task A_laggard_that_polls_again_after_the_commit_proved_nothing_newer_than_the_commit()
    {
        var committed = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(3));
        await HearAsync("slow", bound: 20);

        _verifiers.Coverage(new(5), committed).CertainAt.ShouldBe(committed + TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Once_all_have_applied_it_is_certain_since_the_commit()
    {
        await HearAsync("a", bound: 60, position: 5);
        var committed = _time.GetUtcNow();
        var coverage = _verifiers.Coverage(new(5), committed);
        (coverage.Applied, coverage.CertainAt, coverage.Behind.Count).ShouldBe((1, committed, 0));
    }

    [Fact]
    public async Task A_wait_ends_with_the_last_acknowledgement_and_not_before()
    {
        await HearAsync("a");
        await HearAsync("b");
        var wait = _verifiers.WaitAsync(
            new(5), _time.GetUtcNow(), TimeSpan.FromSeconds(2), _verifiers.Closed, CancellationToken.None);

        await HearAsync("a", position: 5);
        await HearAsync("b", position: 4);
        wait.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(84));
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

        var closed = _verifiers.Closed;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var waits = Enumerable.Range(0, 100).Select(_ => WaitAsync()).ToList();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        (allocated / waits.Count).ShouldBeLessThan(16 * 1024, "bytes of one receipt");
        for (var i = 0; i < 5_000; i++)
        {
            waits.ShouldAllBe(wait => !wait.IsCompleted);
            await HearAsync($"{i}", position: 5);
        }

        (await Task.WhenAll(waits)).ShouldAllBe(coverage => coverage.Applied == 5_000);

        Task<ReceiptCoverage> WaitAsync() =>
            _verifiers.WaitAsync(new(5), _time.GetUtcNow(), TimeSpan.FromSeconds(2), closed, CancellationToken.None);
    }

    [Fact]
    public async Task A_wait_runs_out_with_the_laggards_names()
    {
        await HearAsync("a");
        var wait = _verifiers.WaitAsync(
            new(5), _time.GetUtcNow(), TimeSpan.FromSeconds(2), _verifiers.Closed, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(2));
        (await wait).Behind.ShouldBe(["orders/a"]);
    }

    [Fact]
    public async Task A_caller_that_leaves_ends_its_wait()
    {
        await HearAsync("a");
        using var gone = new CancellationTokenSource();
        var wait = _verifiers.WaitAsync(new(5), _time.GetUtcNow(), TimeSpan.FromSeconds(2), _verifiers.Closed, gone.Token);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(wait);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(3000)]
    public void What_was_saved_counts_as_heard_at_a_start_however_old_its_row_is(int age)
    {
        var seen = _time.GetUtcNow().ToUnixTimeSeconds();
        _time.Advance(TimeSpan.FromSeconds(age));
        _verifiers.Load([new("api", "a", "orders", null, null, 5000, new(1), seen)], []);

        _verifiers.Coverage(new(5), _time.GetUtcNow()).Behind.ShouldBe(["orders/a"]);
        State(after: 6.5).ShouldBe("gone");
    }

    [Fact]
    public async Task A_client_that_fills_its_share_takes_nothing_from_another_and_every_receipt_says_so()
    {
        for (var i = 0; i < Verifiers.Most; i++)
        {
            await HearAsync($"{i}", bound: 60);
        }

        await HearAsync("honest", client: "other");

        var committed = _time.GetUtcNow();
        var coverage = _verifiers.Coverage(new(1), committed);
        (coverage.Verifiers, coverage.Applied, coverage.Behind.Count)
            .ShouldBe((Verifiers.DefaultShare + 1, Verifiers.DefaultShare + 1, 0));
        coverage.Uncounted.ShouldBeInRange(Verifiers.Most - Verifiers.DefaultShare - 10, Verifiers.Most - Verifiers.DefaultShare);
        coverage.CertainAt.ShouldBe(committed + TimeSpan.FromSeconds(60));
        _verifiers.Shares.Select(share => (share.ClientId, share.Counted, share.Share)).ShouldBe(
            [("api", Verifiers.DefaultShare, Verifiers.DefaultShare), ("other", 1, Verifiers.DefaultShare)]);
    }

    [Fact]
    public async Task What_is_served_beyond_a_share_is_not_saved_one_by_one()
    {
        await ShareAsync(2);
        foreach (var instance in (string[])["a", "b", "c", "d", "e"])
        {
            await HearAsync(instance, bound: 60);
        }

        _rows.Saved.Select(row => row.Instance).ShouldBe(["a", "b"]);
        _rows.Uncounted.Count.ShouldBe(1);
        _verifiers.Coverage(new(1), _time.GetUtcNow()).Uncounted.ShouldBe(3);
    }

    [Fact]
    public async Task A_silent_one_makes_room_and_a_live_one_never_does()
    {
        await ShareAsync(2);
        await HearAsync("a", bound: 60);
        await HearAsync("b", bound: 5);
        await HearAsync("c", bound: 5);
        Counted().ShouldBe(["a", "b"]);

        _time.Advance(TimeSpan.FromSeconds(6.5));
        await HearAsync("d", bound: 5);

        Counted().ShouldBe(["a", "d"]);
        _verifiers.Coverage(new(1), _time.GetUtcNow()).Uncounted.ShouldBe(0);
        await _verifiers.SaveAsync(CancellationToken.None);
        _rows.Forgotten.Select(row => row.Instance).ShouldBe(["b"]);
    }

    [Fact]
    public async Task One_that_is_not_counted_is_counted_once_there_is_room_and_leaves_when_it_says_so()
    {
        await ShareAsync(1);
        await HearAsync("a", bound: 5);
        await HearAsync("b", bound: 60);
        await HearAsync("c", bound: 60);
        _verifiers.Hear("api", null, Poll("c", 60, 1) with { Leaving = true });
        _verifiers.Coverage(new(1), _time.GetUtcNow()).Uncounted.ShouldBe(1);

        _verifiers.Hear("api", null, Poll("a", 5, 1) with { Leaving = true });
        await HearAsync("b", bound: 60);

        Counted().ShouldBe(["b"]);
        _verifiers.Coverage(new(1), _time.GetUtcNow()).Uncounted.ShouldBe(0);
    }

    [Fact]
    public async Task A_restart_under_a_clock_that_is_ahead_forgets_none_that_was_served_and_not_counted()
    {
        await ShareAsync(1);
        await HearAsync("a", bound: 60);
        await HearAsync("b", bound: 60);
        _time.Set(TimeSpan.FromMinutes(2));
        var second = Create();

        second.Load(_rows.Saved, _rows.Uncounted);

        second.Coverage(new(1), _time.GetUtcNow()).Uncounted.ShouldBe(1);
    }

    [Fact]
    public async Task After_a_restart_a_receipt_still_says_that_some_were_served_and_not_counted()
    {
        await ShareAsync(1);
        await HearAsync("a", bound: 60);
        await HearAsync("b", bound: 60);
        var second = Create();
        second.Load(_rows.Saved, _rows.Uncounted);

        second.Coverage(new(1), _time.GetUtcNow()).Uncounted.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(70));
        second.Coverage(new(1), _time.GetUtcNow()).Uncounted.ShouldBe(0);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task A_clock_that_is_set_makes_no_live_verifier_look_gone_and_no_receipt_complete(int hours)
    {
        await HearAsync("a", bound: 60);
        var wait = _verifiers.WaitAsync(
            new(5), _time.GetUtcNow(), TimeSpan.FromSeconds(2), _verifiers.Closed, CancellationToken.None);
        _time.Set(TimeSpan.FromHours(hours));
        await _verifiers.SaveAsync(CancellationToken.None);

        var second = _verifiers.WaitAsync(
            new(5), _time.GetUtcNow(), TimeSpan.FromSeconds(2), _verifiers.Closed, CancellationToken.None);

        (wait.IsCompleted, second.IsCompleted, _verifiers.LiveCount).ShouldBe((false, false, 1));
        _time.Advance(TimeSpan.FromSeconds(2));
        (await wait).Behind.ShouldBe(["orders/a"]);
        (await second).CertainAt.ShouldBe(_time.GetUtcNow().AddSeconds(58));
        _rows.Forgotten.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task A_clock_that_is_set_makes_no_verifier_live_for_longer(int hours)
    {
        await HearAsync("a", bound: 5);
        _verifiers.LiveCount.ShouldBe(1);
        _time.Set(TimeSpan.FromHours(hours));

        State(after: 5.5).ShouldBe("late");
        State(after: 1).ShouldBe("gone");
        (_verifiers.LiveCount, _verifiers.Coverage(new(9), _time.GetUtcNow()).Verifiers).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task What_is_saved_and_shown_after_the_clock_was_set_is_dated_by_it(int hours)
    {
        await HearAsync("a", bound: 60);
        _time.Set(TimeSpan.FromHours(hours));
        await HearAsync("a", bound: 60, position: 2);
        await _verifiers.SaveAsync(CancellationToken.None);
        var second = Create();
        second.Load(_rows.Saved.TakeLast(1), []);

        _rows.Saved[^1].SeenAt.ShouldBe(_time.GetUtcNow().ToUnixTimeSeconds());
        _verifiers.List(new(9)).Single().Seen.ShouldBe(_time.GetUtcNow());
        second.Coverage(new(9), _time.GetUtcNow()).Verifiers.ShouldBe(1);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task A_restart_after_the_clock_was_set_forgets_no_verifier_that_was_served_and_not_counted(int hours)
    {
        await ShareAsync(1);
        await HearAsync("a", bound: 60);
        await HearAsync("b", bound: 60);
        _time.Set(TimeSpan.FromHours(hours));
        for (var second = 0; second < 60; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await HearAsync("b", bound: 60);
        }

        _rows.Uncounted.Count.ShouldBeInRange(5, 20);
        var after = Create();
        after.Load([], _rows.Uncounted.TakeLast(1));

        after.Coverage(new(1), _time.GetUtcNow()).Uncounted.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(70));
        after.Coverage(new(1), _time.GetUtcNow()).Uncounted.ShouldBe(0);
    }

    private Task<bool> ShareAsync(int verifiers) => _clients.AddAsync(
        new() { ClientId = "api", Kind = ClientKind.Confidential, Verifiers = verifiers }, AuditContext.System,
        CancellationToken.None);

    private IEnumerable<string> Counted() =>
        _verifiers.List(new(9)).Select(status => status.Row.Instance).Order(StringComparer.Ordinal);

    private Verifiers Create() => new(_rows, _clients, _time, NullLogger<Verifiers>.Instance);

    private static FeedRequest Poll(string instance, double bound, long position) => new()
    {
        Epoch = "e", After = new(position), Nonce = "n", Follower = new("orders", instance, TimeSpan.FromSeconds(bound)),
    };

    /// <summary>A poll that is heard and answered at once.</summary>
    private async Task HearAsync(
        string instance, double bound = 5, long position = 1, Verifiers? verifiers = null, string client = "api")
    {
        verifiers ??= _verifiers;
        var poll = Poll(instance, bound, position);
        verifiers.Hear(client, null, poll);
        await verifiers.AnsweringAsync(client, poll.Follower!, CancellationToken.None);
    }

    private string State(double after)
    {
        _time.Advance(TimeSpan.FromSeconds(after));
        return _verifiers.List(new(9)).Single().State;
    }
}
