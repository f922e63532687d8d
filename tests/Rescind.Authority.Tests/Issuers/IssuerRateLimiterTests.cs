using Rescind.Authority.Issuers;
using Rescind.Client.Tests.Support;

namespace Rescind.Authority.Tests.Issuers;

/// <summary>How fast one issuer may log people out (BL-5).</summary>
public sealed class IssuerRateLimiterTests
{
    private readonly SettableTime _time = new(DateTimeOffset.UnixEpoch.AddYears(60));

    [Fact]
    public void An_issuer_has_its_burst_and_then_its_pace_and_another_has_its_own()
    {
        var limiter = new IssuerRateLimiter(_time);

        Taken(limiter, "a").ShouldBe(IssuerRateLimiter.Burst);
        Taken(limiter, "b").ShouldBe(IssuerRateLimiter.Burst);
        _time.Advance(TimeSpan.FromSeconds(1));
        Taken(limiter, "a").ShouldBe(IssuerRateLimiter.PerSecond);
        _time.Advance(TimeSpan.FromDays(1));
        Taken(limiter, "a").ShouldBe(IssuerRateLimiter.Burst);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void A_clock_that_is_set_neither_stops_an_issuer_nor_gives_it_another_burst(int hours)
    {
        var limiter = new IssuerRateLimiter(_time);
        Taken(limiter, "a");

        _time.Set(TimeSpan.FromHours(hours));

        Taken(limiter, "a").ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(1));
        Taken(limiter, "a").ShouldBe(IssuerRateLimiter.PerSecond);
    }

    private static int Taken(IssuerRateLimiter limiter, string issuer)
    {
        var taken = 0;
        while (limiter.TryTake(issuer))
        {
            taken++;
        }

        return taken;
    }
}
