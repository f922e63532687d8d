using Rescind.Authority.Canaries;
using Rescind.Authority.Feeding;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Feeding;

/// <summary>How a poll is held while nothing is new.</summary>
public sealed class FeedServerTests
{
    [Fact]
    public async Task A_poll_that_is_held_for_a_fraction_of_a_millisecond_more_sleeps_through_it()
    {
        await using var authority = await AuthorityHost.StartAsync();
        var time = new CountedTime();
        var server = new FeedServer(
            authority.Get<CommittedLog>(), authority.Get<LogFollower>(), authority.Get<OlderAnswers>(),
            authority.Get<VerifierRegistry>(), authority.Get<OlderCopyAlarm>(), authority.Get<CanaryWatch>(),
            authority.Get<SteadyClock>(), time);
        var head = authority.Tail.Head;
        var request = new FeedRequest
        {
            Epoch = head.Epoch, After = head.Position, Nonce = "n", Wait = TimeSpan.FromMinutes(1),
            Follower = new("orders", "i", TimeSpan.FromSeconds(5)),
        };

        var answer = await server.AnswerAsync(
            "api", null, request, letGo: default, TestContext.Current.CancellationToken);

        // A third of the bound is no whole number of milliseconds. It looks when the poll comes, at each reading, and when the
        // answer leaves.
        (answer.Held, time.Looks).ShouldBe((TimeSpan.FromMilliseconds(1667), 4));
    }

    // Each timer ends at once, and exactly its time has passed. Whoever looks at it in a loop finds it over some day.
    private sealed class CountedTime : TimeProvider
    {
        private const int MostLooks = 100;

        private long _passed;

        public int Looks { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Looks++ < MostLooks ? _passed : _passed + TimeSpan.TicksPerMinute;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _passed += dueTime.Ticks;
            return System.CreateTimer(callback, state, TimeSpan.FromMilliseconds(1), period);
        }
    }
}
