using Rescind.Authority.Feeding;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Tests.Feeding;

public sealed class VerifiersTests : VerifiersSuite
{
    [Fact]
    public async Task A_verifier_is_live_for_its_bound_late_for_a_second_more_and_then_gone()
    {
        await HearAsync("a", bound: 5);

        State(after: 5).ShouldBe("live");
        State(after: 0.5).ShouldBe("late");
        Verifiers.Receipts.Coverage(new(9), Time.GetUtcNow()).Verifiers.ShouldBe(1);
        State(after: 1).ShouldBe("gone");
        Verifiers.Receipts.Coverage(new(9), Time.GetUtcNow()).Verifiers.ShouldBe(0);
    }

    [Fact]
    public async Task A_new_verifier_is_saved_before_it_is_answered_and_a_known_one_is_not_saved_at_each_poll()
    {
        await HearAsync("a");
        await HearAsync("a", position: 2);
        Rows.Saved.Single().Position.ShouldBe(new(1));

        await Verifiers.SaveAsync(CancellationToken.None);
        Rows.Saved[^1].Position.ShouldBe(new(2));
    }

    [Fact]
    public async Task A_larger_bound_is_saved_before_it_is_answered_so_that_a_receipt_after_a_restart_waits_for_it()
    {
        await HearAsync("a", bound: 5);
        await HearAsync("a", bound: 60);

        var after = Create();
        after.Load([Rows.Saved[^1]], []);
        Time.Advance(TimeSpan.FromSeconds(59));
        after.Receipts.Coverage(new(9), Time.GetUtcNow()).Verifiers.ShouldBe(1);
    }

    [Fact]
    public async Task While_the_disk_is_full_a_verifier_whose_bound_has_grown_is_not_answered_and_with_the_old_bound_it_is()
    {
        await HearAsync("a", bound: 5);
        Rows.IsFull = true;
        Time.Advance(TimeSpan.FromSeconds(10));

        await Should.ThrowAsync<StoreUnavailableException>(() => HearAsync("a", bound: 60));
        await HearAsync("a", bound: 5);
        Rows.IsFull = false;
        await HearAsync("a", bound: 60);

        Rows.Saved[^1].BoundMilliseconds.ShouldBe(60_000);
    }

    [Fact]
    public async Task Very_many_are_saved_a_few_at_a_time_so_that_nobody_waits_long_for_the_writer()
    {
        await ShareAsync(2_000);
        for (var i = 0; i < 1_000; i++)
        {
            await HearAsync($"{i}");
        }

        Rows.Saved.Clear();
        Rows.Most = 0;
        await Verifiers.SaveAsync(CancellationToken.None);

        Rows.Saved.Select(row => row.Instance).Distinct().Count().ShouldBe(1_000);
        Rows.Most.ShouldBe(VerifierRegistry.MostAtOnce);
        Time.Advance(TimeSpan.FromHours(2));
        await Verifiers.SaveAsync(CancellationToken.None);
        (Rows.Forgotten.Count, Rows.Most).ShouldBe((1_000, VerifierRegistry.MostAtOnce));
    }

    [Fact]
    public async Task Whoever_is_answered_waits_for_no_more_rows_that_are_to_go_than_one_transaction_takes()
    {
        for (var i = 0; i < 1_000; i++)
        {
            await HearAsync($"{i}");
        }

        for (var i = 0; i < 1_000; i++)
        {
            Verifiers.Hear("api", null, Poll($"{i}", 5, 1) with { Leaving = true });
        }

        Rows.Most = 0;
        await HearAsync("new");
        Rows.Most.ShouldBe(VerifierRegistry.MostAtOnce);
        await Verifiers.SaveAsync(CancellationToken.None);

        (Rows.Forgotten.DistinctBy(row => row.Instance).Count(), Rows.Most).ShouldBe((1_000, VerifierRegistry.MostAtOnce));
    }

    [Fact]
    public async Task No_answer_leaves_while_the_saved_row_is_old()
    {
        await HearAsync("a");
        Time.Advance(VerifierRegistry.OldestRow - TimeSpan.FromSeconds(1));
        await HearAsync("a", position: 2);
        Rows.Saved.Count.ShouldBe(1);

        Time.Advance(TimeSpan.FromSeconds(1));
        await HearAsync("a", position: 3);

        Rows.Saved.Count.ShouldBe(2);
        Rows.Saved[^1].SeenAt.ShouldBe(Time.GetUtcNow().ToUnixTimeSeconds());
    }

    [Fact]
    public async Task While_nothing_can_be_saved_whoever_has_a_row_is_answered_on_and_nobody_new_is()
    {
        await HearAsync("a");
        Rows.IsFull = true;
        Time.Advance(TimeSpan.FromMinutes(10));
        await HearAsync("a", position: 2);
        await Should.ThrowAsync<StoreUnavailableException>(() => HearAsync("b"));

        var restarted = Create();
        restarted.Load(Rows.Saved, []);

        restarted.Receipts.Coverage(new(9), Time.GetUtcNow()).Verifiers.ShouldBe(1);
        Rows.IsFull = false;
        await HearAsync("a", position: 3);
        Rows.Saved[^1].Position.ShouldBe(new(3));
    }

    [Fact]
    public async Task However_often_the_authority_is_killed_before_its_first_round_of_saving_a_receipt_counts_the_verifier()
    {
        await HearAsync("a");
        var verifiers = Verifiers;
        for (var life = 0; life < 20; life++)
        {
            verifiers = Create();
            verifiers.Load(Rows.Saved.TakeLast(1), []);
            verifiers.Receipts.Coverage(new(9), Time.GetUtcNow()).Verifiers.ShouldBe(1);
            await HearAsync("a", verifiers: verifiers);
            Time.Advance(TimeSpan.FromSeconds(2));
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(3000)]
    public void What_was_saved_counts_as_heard_at_a_start_however_old_its_row_is(int age)
    {
        var seen = Time.GetUtcNow().ToUnixTimeSeconds();
        Time.Advance(TimeSpan.FromSeconds(age));
        Verifiers.Load([new("api", "a", "orders", null, null, 5000, new(1), seen)], []);

        Verifiers.Receipts.Coverage(new(5), Time.GetUtcNow()).Behind.ShouldBe(["orders/a"]);
        State(after: 6.5).ShouldBe("gone");
    }

    [Fact]
    public async Task A_client_that_fills_its_share_takes_nothing_from_another_and_every_receipt_says_so()
    {
        for (var i = 0; i < VerifierRegistry.Most; i++)
        {
            await HearAsync($"{i}", bound: 60);
        }

        await HearAsync("honest", client: "other");

        var committed = Time.GetUtcNow();
        var coverage = Verifiers.Receipts.Coverage(new(1), committed);
        (coverage.Verifiers, coverage.Applied, coverage.Behind.Count)
            .ShouldBe((VerifierRegistry.DefaultShare + 1, VerifierRegistry.DefaultShare + 1, 0));
        coverage.Uncounted.ShouldBeInRange(
            VerifierRegistry.Most - VerifierRegistry.DefaultShare - 10, VerifierRegistry.Most - VerifierRegistry.DefaultShare);
        coverage.CertainAt.ShouldBe(committed + TimeSpan.FromSeconds(60));
        Verifiers.Shares.Select(share => (share.ClientId, share.Counted, share.Share)).ShouldBe(
            [("api", VerifierRegistry.DefaultShare, VerifierRegistry.DefaultShare), ("other", 1, VerifierRegistry.DefaultShare)]);
    }

    [Fact]
    public async Task What_is_served_beyond_a_share_is_not_saved_one_by_one()
    {
        await ShareAsync(2);
        foreach (var instance in (string[])["a", "b", "c", "d", "e"])
        {
            await HearAsync(instance, bound: 60);
        }

        Rows.Saved.Select(row => row.Instance).ShouldBe(["a", "b"]);
        Rows.Uncounted.Count.ShouldBe(1);
        Verifiers.Receipts.Coverage(new(1), Time.GetUtcNow()).Uncounted.ShouldBe(3);
    }

    [Fact]
    public async Task A_silent_one_makes_room_and_a_live_one_never_does()
    {
        await ShareAsync(2);
        await HearAsync("a", bound: 60);
        await HearAsync("b", bound: 5);
        await HearAsync("c", bound: 5);
        Counted().ShouldBe(["a", "b"]);

        Time.Advance(TimeSpan.FromSeconds(6.5));
        await HearAsync("d", bound: 5);

        Counted().ShouldBe(["a", "d"]);
        Verifiers.Receipts.Coverage(new(1), Time.GetUtcNow()).Uncounted.ShouldBe(0);
        await Verifiers.SaveAsync(CancellationToken.None);
        Rows.Forgotten.Select(row => row.Instance).ShouldBe(["b"]);
    }

    [Fact]
    public async Task One_that_is_not_counted_is_counted_once_there_is_room_and_leaves_when_it_says_so()
    {
        await ShareAsync(1);
        await HearAsync("a", bound: 5);
        await HearAsync("b", bound: 60);
        await HearAsync("c", bound: 60);
        Verifiers.Hear("api", null, Poll("c", 60, 1) with { Leaving = true });
        Verifiers.Receipts.Coverage(new(1), Time.GetUtcNow()).Uncounted.ShouldBe(1);

        Verifiers.Hear("api", null, Poll("a", 5, 1) with { Leaving = true });
        await HearAsync("b", bound: 60);

        Counted().ShouldBe(["b"]);
        Verifiers.Receipts.Coverage(new(1), Time.GetUtcNow()).Uncounted.ShouldBe(0);
    }

    [Fact]
    public async Task A_restart_under_a_clock_that_is_ahead_forgets_none_that_was_served_and_not_counted()
    {
        await ShareAsync(1);
        await HearAsync("a", bound: 60);
        await HearAsync("b", bound: 60);
        Time.Set(TimeSpan.FromMinutes(2));
        var second = Create();

        second.Load(Rows.Saved, Rows.Uncounted);

        second.Receipts.Coverage(new(1), Time.GetUtcNow()).Uncounted.ShouldBe(1);
    }

    [Fact]
    public async Task After_a_restart_a_receipt_still_says_that_some_were_served_and_not_counted()
    {
        await ShareAsync(1);
        await HearAsync("a", bound: 60);
        await HearAsync("b", bound: 60);
        var second = Create();
        second.Load(Rows.Saved, Rows.Uncounted);

        second.Receipts.Coverage(new(1), Time.GetUtcNow()).Uncounted.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(70));
        second.Receipts.Coverage(new(1), Time.GetUtcNow()).Uncounted.ShouldBe(0);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task A_clock_that_is_set_makes_no_live_verifier_look_gone_and_no_receipt_complete(int hours)
    {
        await HearAsync("a", bound: 60);
        var wait = WaitAsync(seconds: 2);
        Time.Set(TimeSpan.FromHours(hours));
        await Verifiers.SaveAsync(CancellationToken.None);

        var second = WaitAsync(seconds: 2);

        (wait.IsCompleted, second.IsCompleted, Verifiers.LiveCount).ShouldBe((false, false, 1));
        Time.Advance(TimeSpan.FromSeconds(2));
        (await wait).Behind.ShouldBe(["orders/a"]);
        (await second).CertainAt.ShouldBe(Time.GetUtcNow().AddSeconds(58));
        Rows.Forgotten.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task A_clock_that_is_set_makes_no_verifier_live_for_longer(int hours)
    {
        await HearAsync("a", bound: 5);
        Verifiers.LiveCount.ShouldBe(1);
        Time.Set(TimeSpan.FromHours(hours));

        State(after: 5.5).ShouldBe("late");
        State(after: 1).ShouldBe("gone");
        (Verifiers.LiveCount, Verifiers.Receipts.Coverage(new(9), Time.GetUtcNow()).Verifiers).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task What_is_saved_and_shown_after_the_clock_was_set_is_dated_by_it(int hours)
    {
        await HearAsync("a", bound: 60);
        Time.Set(TimeSpan.FromHours(hours));
        await HearAsync("a", bound: 60, position: 2);
        await Verifiers.SaveAsync(CancellationToken.None);
        var second = Create();
        second.Load(Rows.Saved.TakeLast(1), []);

        Rows.Saved[^1].SeenAt.ShouldBe(Time.GetUtcNow().ToUnixTimeSeconds());
        Verifiers.List(new(9)).Single().Seen.ShouldBe(Time.GetUtcNow());
        second.Receipts.Coverage(new(9), Time.GetUtcNow()).Verifiers.ShouldBe(1);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task A_restart_after_the_clock_was_set_forgets_no_verifier_that_was_served_and_not_counted(int hours)
    {
        await ShareAsync(1);
        await HearAsync("a", bound: 60);
        await HearAsync("b", bound: 60);
        Time.Set(TimeSpan.FromHours(hours));
        for (var second = 0; second < 60; second++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await HearAsync("b", bound: 60);
        }

        Rows.Uncounted.Count.ShouldBeInRange(5, 20);
        var after = Create();
        after.Load([], Rows.Uncounted.TakeLast(1));

        after.Receipts.Coverage(new(1), Time.GetUtcNow()).Uncounted.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(70));
        after.Receipts.Coverage(new(1), Time.GetUtcNow()).Uncounted.ShouldBe(0);
    }

    private IEnumerable<string> Counted() =>
        Verifiers.List(new(9)).Select(status => status.Row.Instance).Order(StringComparer.Ordinal);

    private string State(double after)
    {
        Time.Advance(TimeSpan.FromSeconds(after));
        return Verifiers.List(new(9)).Single().State;
    }

    [Fact]
    public async Task After_a_restore_receipts_count_one_more_for_as_long_as_a_verifier_that_is_not_known_may_accept()
    {
        var before = await Create().SaveRestoreAsync(TestContext.Current.CancellationToken);
        var restored = Create();
        restored.Load([], [before]);
        await HearAsync("a", position: 5, verifiers: restored);

        restored.Receipts.Coverage(new(5), Time.GetUtcNow()).Uncounted.ShouldBe(1);

        Time.Advance(TimeSpan.FromSeconds(Retention.LargestBound + 2));
        restored.Receipts.Coverage(new(5), Time.GetUtcNow()).Uncounted.ShouldBe(0);
    }
}
