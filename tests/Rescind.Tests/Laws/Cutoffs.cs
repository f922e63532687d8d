using CsCheck;

namespace Rescind.Tests.Laws;

/// <summary>Ours by position, exactly; foreign ones by the second, inclusively, with the issuer's skew.</summary>
public sealed class Cutoffs
{
    private const long Now = Scenario.Second + 60;
    private const long By = Scenario.FirstPosition + 500;

    public static TheoryData<MatchKind, string?, string?> CutoffMatches => new()
    {
        { MatchKind.Subject, null, "u" }, { MatchKind.Client, null, "c" }, { MatchKind.Tag, "tenant", "x" },
        { MatchKind.Issuer, null, null },
    };

    [Theory]
    [MemberData(nameof(CutoffMatches))]
    public void Our_token_dies_only_if_it_was_minted_below_the_act(MatchKind kind, string? name, string? value)
    {
        var end = State(end: new(new(By), Now));

        Own(kind, name, value, end, lpos: By - 1).ShouldBe(VerdictKind.Revoked);
        Own(kind, name, value, end, lpos: By).ShouldBe(VerdictKind.Valid);
        Own(kind, name, value, end, lpos: By + 1).ShouldBe(VerdictKind.Valid);
        Own(kind, name, value, end, lpos: null).ShouldBe(VerdictKind.Revoked);
    }

    [Fact]
    public void A_slot_kills_by_its_own_position_and_not_by_that_of_the_entry_that_carries_it()
    {
        // The entry is the renew's, 100 later: what was minted between the two acts needs a renewal and is not ended.
        var both = State(end: new(new(By), Scenario.Second), renew: new(new(By + 100), Scenario.Second));

        Own(MatchKind.Subject, null, "u", both, lpos: By - 1).ShouldBe(VerdictKind.Revoked);
        Own(MatchKind.Subject, null, "u", both, lpos: By).ShouldBe(VerdictKind.Renew);
        Own(MatchKind.Subject, null, "u", both, lpos: By + 99).ShouldBe(VerdictKind.Renew);
        Own(MatchKind.Subject, null, "u", both, lpos: By + 100).ShouldBe(VerdictKind.Valid);
    }

    [Theory]
    [InlineData(MatchKind.Token, "t")]
    [InlineData(MatchKind.Session, "s")]
    [InlineData(MatchKind.Key, "k1")]
    public void An_end_that_names_one_thing_asks_for_no_date(MatchKind kind, string value)
    {
        var end = State(end: new(new(5), 5));

        Own(kind, null, value, end, lpos: By).ShouldBe(VerdictKind.Revoked);
        Abroad(kind, null, value, end, "1767225600").ShouldBe(VerdictKind.Revoked);
    }

    [Theory]
    [MemberData(nameof(CutoffMatches))]
    public void A_foreign_token_dies_up_to_the_cutoff_second_plus_skew(MatchKind kind, string? name, string? value)
    {
        var end = State(end: new(new(By), Scenario.Second));

        Abroad(kind, name, value, end, "1767225605").ShouldBe(VerdictKind.Revoked);
        Abroad(kind, name, value, end, "1767225605.999999999999999999").ShouldBe(VerdictKind.Revoked);
        Abroad(kind, name, value, end, "1767225606").ShouldBe(VerdictKind.Valid);
    }

    [Fact]
    public void Tokens_around_any_act_fall_on_the_right_side() =>
        Gen.Select(Gen.Long[1, LogPosition.MaxValue - 2], Gen.Int[-2, 2]).Sample(
            (by, offset) =>
                Own(MatchKind.Subject, null, "u", State(end: new(new(by), 0)),
                    Math.Max(0, by + offset)) is VerdictKind.Revoked == offset < 0,
            iter: Cases.Of(0.02));

    private static RevocationState State(Slot end = default, Slot renew = default) =>
        new(end, renew, default, default, RevocationState.Never);

    private static VerdictKind Own(MatchKind kind, string? name, string? value, RevocationState state, long? lpos) =>
        Judge(TestLog.Record(own: true), Match.From(kind, name, value), state, "1767225600", lpos);

    private static VerdictKind Abroad(MatchKind kind, string? name, string? value, RevocationState state, string issuedAt) =>
        Judge(TestLog.Record(own: false), Match.From(kind, name, value), state, issuedAt, lpos: null);

    private static VerdictKind Judge(IssuerRecord record, Match match, RevocationState state, string issuedAt, long? lpos)
    {
        var minted = lpos is null ? "" : $",\"lpos\":{lpos}";
        var payload = $$"""
            {"iss":"{{record.Issuer}}","sub":"u","client_id":"c","jti":"t","sid":"s","tenant":"x",
            "exp":1767225900,"iat":{{issuedAt}}{{minted}}}
            """;
        var clock = new ManualClock(Now);
        var replica = TestLog.Replica(
            clock, TestLog.Entry(record), TestLog.Entry(record.Issuer, match, state, state.Renew.By.Value));
        return new Judge(replica, clock).Decide(TestToken.Read(TestToken.Of(payload), record), TimeSpan.Zero).Kind;
    }
}
