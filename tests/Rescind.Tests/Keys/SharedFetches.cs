using Microsoft.Extensions.Time.Testing;

namespace Rescind.Tests.Keys;

/// <summary>When what another server publishes is asked for again, and what its callers are told meanwhile (JWK-7).</summary>
public sealed class SharedFetches
{
    private static readonly FetchTimes Times = new(TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromSeconds(5));

    private readonly FakeTimeProvider _time = new();
    private readonly SharedFetch<string> _fetch;
    private Func<CancellationToken, Task<string>> _answer = static _ => Task.FromResult("old");
    private int _asked;

    public SharedFetches() => _fetch = new(
        stop =>
        {
            Interlocked.Increment(ref _asked);
            return _answer(stop);
        },
        Times, _time);

    [Fact]
    public async Task What_is_known_is_answered_from_memory()
    {
        for (var i = 0; i < 100; i++)
        {
            (await FindAsync("old")).ShouldBe(("old", true));
        }

        _asked.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_missing_counts_as_missing_only_in_what_was_asked_for_since()
    {
        (await FindAsync("old")).IsConclusive.ShouldBeTrue();
        (await FindAsync("new")).ShouldBe(("old", false));
        _asked.ShouldBe(1);

        _time.Advance(FetchTimes.Pause);

        (await FindAsync("new")).ShouldBe(("old", true));
        _asked.ShouldBe(2);
    }

    [Fact]
    public async Task Names_that_nobody_has_heard_of_do_not_use_up_the_fetch_that_a_genuine_one_needs()
    {
        var unheardOf = new List<Task<(string? Value, bool IsConclusive)>>();
        for (var second = 0; second < 60; second++)
        {
            unheardOf.Add(FindAsync($"unheard of {second}"));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await Eventually(() => Task.FromResult(unheardOf.TrueForAll(finding => finding.IsCompleted)));
        _asked.ShouldBeInRange(2, 14);
        _answer = static _ => Task.FromResult("new");
        await Eventually(async () => (await FindAsync("new")).Value == "new");
    }

    [Fact]
    public async Task Whoever_comes_shortly_before_the_pause_is_over_waits_for_it()
    {
        await FindAsync("old");
        _answer = static _ => Task.FromResult("new");
        _time.Advance(FetchTimes.Pause - FetchTimes.Patience + TimeSpan.FromMilliseconds(1));

        var waiting = FindAsync("new");
        waiting.IsCompleted.ShouldBeFalse();
        _time.Advance(FetchTimes.Patience - TimeSpan.FromMilliseconds(1));

        (await waiting).ShouldBe(("new", true));
        _asked.ShouldBe(2);
    }

    [Fact]
    public async Task Whoever_comes_earlier_is_told_when_to_come_again()
    {
        await FindAsync("old");
        _time.Advance(TimeSpan.FromSeconds(1));

        (await _fetch.FindAsync(value => value == "new", default)).ShouldBe(new("old", false, TimeSpan.FromSeconds(4)));
    }

    [Fact]
    public async Task Two_hundred_at_the_same_time_share_one_fetch_and_one_who_leaves_takes_it_from_nobody()
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _answer = _ => answer.Task;
        using var leaving = new CancellationTokenSource();
        var left = _fetch.FindAsync(static _ => true, leaving.Token);
        var stayed = Enumerable.Range(0, 200).Select(_ => FindAsync("new")).ToList();

        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(left);
        answer.SetResult("new");

        (await Task.WhenAll(stayed)).ShouldAllBe(found => found.IsConclusive);
        _asked.ShouldBe(1);
    }

    [Fact]
    public async Task What_was_asked_for_before_the_call_finds_and_never_misses()
    {
        await FindAsync("old");
        _time.Advance(FetchTimes.Pause);
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _answer = _ => answer.Task;
        var first = FindAsync("new");
        var second = FindAsync("newer");
        answer.SetResult("new");

        (await first).ShouldBe(("new", true));
        (await second).ShouldBe(("new", false));
        _asked.ShouldBe(2);
    }

    [Fact]
    public async Task A_failure_is_unknown_leaves_what_is_believed_and_is_tried_again_ever_more_rarely()
    {
        await FindAsync("old");
        _answer = static _ => throw new HttpRequestException("away");
        TimeSpan[] pauses = [.. new[] { 5, 5, 10, 20, 30, 30 }.Select(seconds => TimeSpan.FromSeconds(seconds))];
        for (var i = 0; i < pauses.Length; i++)
        {
            _time.Advance(pauses[i] - TimeSpan.FromMilliseconds(1) - FetchTimes.Patience);
            (await FindAsync("new")).ShouldBe(("old", false));
            _asked.ShouldBe(i + 1);
            _time.Advance(TimeSpan.FromMilliseconds(1) + FetchTimes.Patience);
            (await FindAsync("new")).ShouldBe(("old", false));
            _asked.ShouldBe(i + 2);
            (await FindAsync("old")).IsConclusive.ShouldBeTrue();
        }

        _answer = static _ => Task.FromResult("new");
        _time.Advance(FetchTimes.LongestPause);
        (await FindAsync("new")).ShouldBe(("new", true));
    }

    [Fact]
    public async Task One_that_hangs_is_given_up_and_nobody_waits_for_it_longer_than_a_little()
    {
        _answer = static _ => new TaskCompletionSource<string>().Task;
        var waiting = FindAsync("old");
        _time.Advance(FetchTimes.Patience);
        (await waiting).ShouldBe((null, false));

        _time.Advance(Times.Limit + FetchTimes.Pause);
        _answer = static _ => Task.FromResult("old");
        await Eventually(async () => (await FindAsync("old")).IsConclusive);
    }

    [Fact]
    public async Task What_is_old_is_asked_for_beside_its_use_and_in_the_end_not_believed()
    {
        await FindAsync("old");
        _answer = static _ => Task.FromResult("old");
        _time.Advance(Times.RefreshAfter);
        (await FindAsync("old")).IsConclusive.ShouldBeTrue();
        await Eventually(() => Task.FromResult(Volatile.Read(ref _asked) == 2));
        await Eventually(async () => (await FindAsync("old")).IsConclusive);

        _answer = static _ => throw new HttpRequestException("away");
        _time.Advance(Times.MaxAge);

        (await FindAsync("old")).ShouldBe((null, false));
    }

    private async Task<(string? Value, bool IsConclusive)> FindAsync(string sought)
    {
        var found = await _fetch.FindAsync(value => value == sought, default);
        return (found.Value, found.IsConclusive);
    }

    // What runs beside has no end that a test could wait for: the clock goes on meanwhile.
    private async Task Eventually(Func<Task<bool>> holds)
    {
        var hold = holds();
        for (var i = 0; i < 3000 && !(hold.IsCompleted && await hold); i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(10);
            hold = hold.IsCompleted ? holds() : hold;
        }

        (hold.IsCompleted && await hold).ShouldBeTrue();
    }
}
