using Rescind.Verifier.Connections;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>When a connection is asked, held, shut and closed, to the tick.</summary>
public sealed class Watching
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task It_is_asked_for_a_new_token_once_within_the_margin()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s", seconds: 300);
        one.Connection.Begin();

        await watched.WaitAsync(269 * Second);
        await watched.TickAsync();
        one.Asked.ShouldBeEmpty();
        await watched.WaitAsync(2 * Second);
        await watched.TickAsync();
        await watched.WaitAsync(2 * Second);
        await watched.TickAsync();

        one.Asked.ShouldHaveSingleItem();
        one.Connection.Look().ShouldBe(DeliveryState.Open);
    }

    [Fact]
    public async Task A_short_token_has_a_third_of_its_life_to_be_renewed()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s", seconds: 30);
        one.Connection.Begin();

        await watched.WaitAsync(19 * Second);
        await watched.TickAsync();
        one.Asked.ShouldBeEmpty();
        await watched.WaitAsync(2 * Second);
        await watched.TickAsync();

        one.Asked.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task It_is_closed_when_its_token_and_the_leeway_are_over()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s", seconds: 30);
        one.Connection.Begin();

        await watched.WaitAsync(58 * Second);
        await watched.TickAsync();
        one.Closed.ShouldBeNull();
        await watched.WaitAsync(3 * Second);

        // The first tick finds it over, the second closes it.
        await watched.TickAsync();
        await watched.TickAsync();
        one.Closed.ShouldBe("4419 token_expired");
    }

    [Theory]
    [InlineData(3300)]
    [InlineData(0)]
    [InlineData(-25)]
    public async Task A_clock_that_is_set_lets_nobody_be_asked_later(int seconds)
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s", 300 + Math.Max(0, seconds));
        one.Connection.Begin();
        watched.SetClock(seconds * Second);

        await watched.WaitAsync(Second);
        await watched.TickAsync();
        await watched.WaitAsync(268 * Second);
        await watched.TickAsync();
        one.Asked.ShouldBeEmpty();
        await watched.WaitAsync(2 * Second);
        await watched.TickAsync();

        one.Asked.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task One_that_a_clock_which_was_behind_has_kept_is_closed_once_that_is_right()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s", seconds: 300);
        one.Connection.Begin();
        await watched.WaitAsync(280 * Second);
        await watched.TickAsync();
        watched.SetClock(-25 * Second);
        await watched.WaitAsync(55 * Second);
        await watched.TickAsync();
        one.Closed.ShouldBeNull();

        watched.SetClock(25 * Second);
        await watched.WaitAsync(Second);
        await watched.TickAsync();
        await watched.TickAsync();

        one.Closed.ShouldBe("4419 token_expired");
    }

    [Fact]
    public async Task A_clock_that_is_set_back_logs_nobody_out()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s");
        one.Connection.Begin();

        watched.SetClock(-TimeSpan.FromHours(1));
        await watched.WaitAsync(Second);
        await watched.TickAsync();
        one.Connection.Look().ShouldBe(DeliveryState.Held);
        watched.SetClock(TimeSpan.FromHours(1));
        await watched.WaitAsync(Second);

        one.Connection.Look().ShouldBe(DeliveryState.Open);
    }

    [Fact]
    public async Task A_clock_that_stays_behind_sends_everybody_away_to_come_back_later()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s");
        one.Connection.Begin();

        watched.SetClock(-TimeSpan.FromHours(1));
        await watched.WaitAsync(Second);
        await watched.TickAsync();
        await watched.WaitAsync(16 * Second);
        await watched.TickAsync();
        await watched.TickAsync();

        one.Closed.ShouldBe("1013 try_again_later");
    }

    [Fact]
    public async Task It_is_closed_when_its_login_is_over_though_the_token_has_time_left()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s", loginAge: (int)FakeLog.Limits.MaxSessionLifetime! - 10);
        one.Connection.Begin();

        await watched.WaitAsync(60 * Second);
        await watched.TickAsync();
        await watched.TickAsync();

        one.Closed.ShouldBe("4401 session_revoked");
    }

    [Fact]
    public async Task A_replica_that_grows_too_old_holds_even_those_on_which_nothing_moves()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s");
        one.Connection.Begin();
        var passing = one.Connection.PassAsync(default).AsTask();
        (await passing).ShouldBeTrue();

        watched.Lose(6 * Second);
        await watched.TickAsync();
        var waiting = one.Connection.PassAsync(default).AsTask();

        waiting.IsCompleted.ShouldBeFalse();
        await watched.WaitAsync(Second);
        await watched.TickAsync();
        (await waiting.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue();
    }

    [Fact]
    public async Task One_that_is_held_for_too_long_is_closed_to_come_back_later()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s");
        one.Connection.Begin();

        watched.Lose(6 * Second);
        await watched.TickAsync();
        watched.Lose(16 * Second);
        await watched.TickAsync();
        await watched.TickAsync();

        one.Closed.ShouldBe("1013 try_again_later");
    }

    [Fact]
    public async Task What_is_shut_stays_shut_though_the_revocation_is_lifted()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s");
        one.Connection.Begin();
        watched.Log.End(Match.Session("s"));
        await watched.PollAsync();

        watched.Log.Lift(Match.Session("s"));
        await watched.PollAsync();

        one.Connection.Look().ShouldBe(DeliveryState.Shut);
    }

    [Fact]
    public async Task Of_many_nothing_is_delivered_at_once_and_their_closes_are_spread()
    {
        var watched = await WatchedReplica.StartAsync(options => options.CloseSpread = 2 * Second);
        var many = Enumerable.Range(0, 5000).Select(i => watched.Open($"s{i}")).ToList();
        many.ForEach(static one => one.Connection.Begin());

        watched.Log.End(Match.Client("web"));
        await watched.PollAsync();
        await watched.TickAsync();

        many.ShouldAllBe(static one => !one.Connection.PassAsync(default).AsTask().Result);
        many.Count(static one => one.Closed is not null).ShouldBe(CloseTimes.AtOnce);
        await watched.WaitAsync(Second);
        await watched.TickAsync();
        many.Count(static one => one.Closed is not null).ShouldBeInRange(1500, 4000);
        await watched.WaitAsync(Second);
        await watched.TickAsync();
        many.ShouldAllBe(static one => one.Closed == "4401 session_revoked");
    }

    [Fact]
    public async Task A_close_that_fails_drops_the_connection()
    {
        var watched = await WatchedReplica.StartAsync();
        var one = watched.Open("s", instead: static () => Task.FromException(new IOException("gone")));
        one.Connection.Begin();
        watched.Log.End(Match.Session("s"));
        await watched.PollAsync();

        await watched.TickAsync();

        one.IsAborted.ShouldBeTrue();
    }

    [Fact]
    public async Task While_nothing_is_revoked_it_costs_no_memory()
    {
        var watched = await WatchedReplica.StartAsync();
        var some = Enumerable.Range(0, 100).Select(i => watched.Open($"s{i}")).ToList();
        some.ForEach(static one => one.Connection.Begin());
        var work = new List<Task>();
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Run();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Run()
        {
            for (var i = 0; i < 100; i++)
            {
                watched.Connections.Applied([]);
                watched.Connections.DoWhatIsDue(work);
                some[i].Connection.PassAsync(default).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
            }
        }
    }

    [Fact]
    public async Task One_that_opens_while_its_revocation_arrives_is_closed_every_time()
    {
        var watched = await WatchedReplica.StartAsync(options => options.CloseSpread = TimeSpan.Zero);
        using var together = new Barrier(2);
        for (var i = 0; i < Counts.Of(10_000); i++)
        {
            var one = watched.Open($"s{i}");
            watched.Log.End(Match.Session($"s{i}"));
            var opening = Task.Run(() =>
            {
                together.SignalAndWait();
                one.Connection.Begin();
            });
            together.SignalAndWait();
            await watched.PollAsync();
            await opening;

            await watched.TickAsync();
            one.Closed.ShouldBe("4401 session_revoked", $"in round {i}");
        }
    }
}
