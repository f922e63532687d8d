namespace Rescind.Tests.Log;

public sealed class IssuerRecords
{
    private static readonly IssuerLimits Declared = new(300, 3600, 5, 30);

    [Fact]
    public void A_record_travels_whole_with_or_without_declared_lifetimes()
    {
        foreach (var limits in new[] { Declared, new(null, null, 5, 30), new(null, 60, 0, 0) })
        {
            var record = TestLog.Record(own: false, limits) with { EarlierLimits = new(null, 1, 2, 3), ChangedAt = 7,
                JwksUri = "https://idp.example/k", LogoutAudiences = ["rescind"] };

            IssuerRecord.FromJson(record.ToJson()).ShouldBe(record);
        }
    }

    [Fact]
    public void Raised_numbers_hold_only_for_what_is_later_than_the_change_and_the_skew()
    {
        var raised = TestLog.Record(own: false, Declared).WithLimits(new(900, 7200, 20, 60), now: 1000);

        raised.LimitsFor(1020).ShouldBe(Declared);
        raised.LimitsFor(1021).ShouldBe(new(900, 7200, 20, 60));
    }

    [Fact]
    public void Lowered_lifetimes_hold_at_once_but_what_a_larger_skew_killed_stays_dead()
    {
        var lowered = TestLog.Record(own: false, Declared).WithLimits(new(60, 600, 0, 10), now: 1000);

        lowered.LimitsFor(1005).ShouldBe(new(60, 600, 5, 10));
        lowered.LimitsFor(1006).ShouldBe(new(60, 600, 0, 10));
    }

    [Fact]
    public void Numbers_that_went_down_and_up_again_stay_down_for_what_is_from_before()
    {
        var record = TestLog.Record(own: false, Declared).WithLimits(new(60, 600, 5, 10), now: 1000)
            .WithLimits(Declared, now: 2000);

        record.LimitsFor(500).ShouldBe(new(60, 600, 5, 10));
        record.LimitsFor(2006).ShouldBe(Declared);
    }
}
