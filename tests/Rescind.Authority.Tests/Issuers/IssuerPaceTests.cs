using Rescind.Authority.Issuers;
using Rescind.Client.Tests.Support;

namespace Rescind.Authority.Tests.Issuers;

/// <summary>How fast one issuer may log people out (BL-5).</summary>
public sealed class IssuerPaceTests
{
    private readonly SettableTime _time = new(DateTimeOffset.UnixEpoch.AddYears(60));

    [Fact]
    public void An_issuer_has_its_burst_and_then_its_pace_and_another_has_its_own()
    {
        var pace = new IssuerPace(_time);

        Taken(pace, "a").ShouldBe(IssuerPace.Burst);
        Taken(pace, "b").ShouldBe(IssuerPace.Burst);
        _time.Advance(TimeSpan.FromSeconds(1));
        Taken(pace, "a").ShouldBe(IssuerPace.PerSecond);
        _time.Advance(TimeSpan.FromDays(1));
        Taken(pace, "a").ShouldBe(IssuerPace.Burst);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void A_clock_that_is_set_neither_stops_an_issuer_nor_gives_it_another_burst(int hours)
    {
        var pace = new IssuerPace(_time);
        Taken(pace, "a");

        _time.Set(TimeSpan.FromHours(hours));

        Taken(pace, "a").ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(1));
        Taken(pace, "a").ShouldBe(IssuerPace.PerSecond);
    }

    private static int Taken(IssuerPace pace, string issuer)
    {
        var taken = 0;
        while (pace.TryTake(issuer))
        {
            taken++;
        }

        return taken;
    }
}
