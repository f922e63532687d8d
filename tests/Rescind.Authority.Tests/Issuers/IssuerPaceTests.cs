using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Issuers;

namespace Rescind.Authority.Tests.Issuers;

/// <summary>How fast one issuer may log people out (BL-5).</summary>
public sealed class IssuerPaceTests
{
    private readonly FakeTimeProvider _time = new();

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
