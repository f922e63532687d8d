namespace Rescind.Tests.Feeding;

/// <summary>What a verifier makes of canaries, as it stands in a poll.</summary>
public sealed class CanaryReports
{
    [Fact]
    public void What_is_written_is_read()
    {
        CanaryReport[] reports =
        [
            .. Enum.GetValues<VerdictKind>().Select(
                static kind => new CanaryReport($"id-{kind}_1", kind, kind is VerdictKind.Valid)),
        ];

        CanaryReport.TryRead(CanaryReport.Write(reports), out var read).ShouldBeTrue();
        CanaryReport.TryRead(CanaryReport.Write([]), out var none).ShouldBeTrue();

        read.ShouldBe(reports);
        none.ShouldBeEmpty();
    }

    [Fact]
    public void A_verdict_of_a_newer_version_is_no_acceptance()
    {
        CanaryReport.TryRead("a.perhaps.closed", out var read).ShouldBeTrue();

        read.ShouldHaveSingleItem().Verdict.ShouldBe(VerdictKind.Undecided);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a.valid")]
    [InlineData("a.valid.ajar")]
    [InlineData("a.valid.open.more")]
    [InlineData(",")]
    [InlineData("a.valid.open,")]
    public void Anything_else_is_refused(string text) => CanaryReport.TryRead(text, out _).ShouldBeFalse();
}
