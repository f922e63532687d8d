using CsCheck;

namespace Rescind.Tests;

/// <summary>The time that is believed: no jump of a wall clock hurries it, and none that stays is refused for good.</summary>
public sealed class SteadyClocks
{
    private const long Start = 1_767_225_600;
    private const long Patience = 600;
    private const long Tolerance = 60;

    [Fact]
    public void A_wall_clock_that_jumps_and_returns_in_time_is_never_believed() => Gen.Select(
        Gen.Long[Tolerance + 31, 10_000_000], Gen.Long[0, Patience - 1], Gen.Long[-30, 30], Gen.Long[0, 1000],
        Gen.Long[1, 120]).Array[1, 8].Sample(
        jumps =>
        {
            var clock = new ManualClock(Start);
            var steady = Of(clock);
            foreach (var (ahead, length, off, pause, interval) in jumps)
            {
                clock.SetBy = ahead;
                Pass(clock, length, interval, () => Believed(steady).ShouldBeInRange(clock.Now - 30, clock.Now + 30));
                clock.SetBy = off;
                Pass(clock, pause, interval, () => Believed(steady).ShouldBe(clock.Now + off));
            }
        },
        iter: Cases.Of(0.02));

    [Fact]
    public void It_is_never_after_the_wall_clock() => Gen.Select(Gen.Long[0, 400], Gen.Long[-5000, 5000]).Array[1, 40].Sample(
        steps =>
        {
            var clock = new ManualClock(Start);
            var steady = Of(clock);
            foreach (var (passed, setBy) in steps)
            {
                (clock.Now, clock.SetBy) = (clock.Now + passed, setBy);
                Believed(steady).ShouldBeLessThanOrEqualTo(clock.GetUtcNow().ToUnixTimeSeconds());
            }
        },
        iter: Cases.Of(0.1));

    [Theory]
    [InlineData(61)]
    [InlineData(86_400)]
    [InlineData(4_000_000_000)]
    public void One_that_has_stood_further_ahead_is_believed(long ahead)
    {
        var clock = new ManualClock(Start);
        var steady = Of(clock);
        clock.SetBy = ahead;
        steady.Doubt.ShouldBe(TimeSpan.FromSeconds(Patience));

        clock.Now += Patience - 1;
        (Believed(steady), steady.Doubt).ShouldBe((clock.Now, (TimeSpan?)TimeSpan.FromSeconds(1)));
        clock.Now++;

        (Believed(steady), steady.Doubt).ShouldBe((clock.Now + ahead, null));
    }

    [Theory]
    [InlineData(-1_000_000)]
    [InlineData(-1)]
    [InlineData(60)]
    public void One_that_is_behind_or_a_little_ahead_is_believed_at_once(long setBy)
    {
        var clock = new ManualClock(Start);
        var steady = Of(clock);

        clock.SetBy = setBy;

        (Believed(steady), steady.Doubt).ShouldBe((clock.Now + setBy, null));
    }

    [Fact]
    public void A_jump_during_a_little_lead_has_a_time_of_its_own()
    {
        var clock = new ManualClock(Start);
        var steady = Of(clock);
        clock.SetBy = 5;
        Believed(steady).ShouldBe(clock.Now + 5);

        (clock.Now, clock.SetBy) = (clock.Now + Patience - 1, 5000);
        Believed(steady).ShouldBe(clock.Now);
        clock.Now += 1;
        Believed(steady).ShouldBe(clock.Now);

        clock.Now += Patience - 1;
        Believed(steady).ShouldBe(clock.Now + 5000);
    }

    [Fact]
    public void Little_steps_ahead_do_not_add_up()
    {
        var clock = new ManualClock(Start);
        var steady = Of(clock);
        for (var step = 1; step <= 10; step++)
        {
            (clock.Now, clock.SetBy) = (clock.Now + 1, step * 50);
            Believed(steady).ShouldBeLessThanOrEqualTo(clock.Now + Tolerance);
        }
    }

    [Fact]
    public void It_begins_with_what_is_known_where_the_wall_clock_is_ahead_of_that()
    {
        var clock = new ManualClock(Start);

        Believed(new(clock, At(Start - 5000), TimeSpan.FromSeconds(Patience))).ShouldBe(Start - 5000);
        Believed(new(clock, At(Start - 60), TimeSpan.FromSeconds(Patience))).ShouldBe(Start);
        Believed(new(clock, At(Start + 5000), TimeSpan.FromSeconds(Patience))).ShouldBe(Start);
    }

    private static SteadyClock Of(ManualClock clock) => new(clock, At(Start), TimeSpan.FromSeconds(Patience));

    private static long Believed(SteadyClock clock) => clock.Believed.ToUnixTimeSeconds();

    private static DateTimeOffset At(long second) => DateTimeOffset.FromUnixTimeSeconds(second);

    private static void Pass(ManualClock clock, long length, long interval, Action look)
    {
        look();
        for (var end = clock.Now + length; clock.Now < end; look())
        {
            clock.Now = Math.Min(end, clock.Now + interval);
        }
    }
}
