namespace Rescind.Tests.Feeding;

/// <summary>
/// Cutoffs that a clock a day ahead has dated, in the map of a log that was left: they go on reaching what they had
/// reached, and nothing that is from after the fork.
/// </summary>
public sealed class FrozenMaps
{
    private const long Now = 1_767_225_600;
    private const long Tomorrow = Now + 86_400;
    private const long By = 500;
    private const long Next = 600;

    private readonly ManualClock _clock = new(Now);

    [Theory]
    [InlineData(Effect.End, VerdictKind.Revoked)]
    [InlineData(Effect.Renew, VerdictKind.Renew)]
    public void What_another_issuer_issues_after_the_fork_is_good_and_what_is_from_before_is_not(Effect effect, VerdictKind dead)
    {
        var record = TestLog.Record(own: false);
        var judge = Forked(record, effect, "another", Next);
        var last = LastOf(record);

        Of(judge, record, issuedAt: Now).ShouldBe(dead);
        Of(judge, record, issuedAt: last).ShouldBe(dead);
        Of(judge, record, issuedAt: last + 1).ShouldBe(VerdictKind.Valid);
    }

    [Fact]
    public void A_login_at_another_issuer_after_the_fork_is_good_and_one_from_before_is_not()
    {
        var record = TestLog.Record(own: false);
        var judge = Forked(record, Effect.Reauthenticate, "another", Next);
        var last = LastOf(record);

        Of(judge, record, login: last).ShouldBe(VerdictKind.Reauthenticate);
        Of(judge, record, login: last + 1).ShouldBe(VerdictKind.Valid);
    }

    [Fact]
    public void A_login_of_ours_after_the_fork_is_good_under_a_head_of_the_new_log_and_under_no_other()
    {
        var record = TestLog.Record(own: true);
        var judge = Forked(record, Effect.Reauthenticate, "another", Next);

        Of(judge, record, login: Now + 1, lpos: Next).ShouldBe(VerdictKind.Valid);
        Of(judge, record, login: Now, lpos: Next).ShouldBe(VerdictKind.Reauthenticate);
        Of(judge, record, login: Now + 1, lpos: Next - 1).ShouldBe(VerdictKind.Reauthenticate);
        Of(judge, record, login: Now + 1).ShouldBe(VerdictKind.Reauthenticate);
    }

    [Fact]
    public void Where_the_new_log_has_the_act_under_another_date_that_decides_on_what_is_minted_under_it()
    {
        var record = TestLog.Record(own: true);
        var judge = Forked(record, Effect.Reauthenticate, "another", Next, datedAnew: Now - 100);

        Of(judge, record, login: Now - 99, lpos: Next).ShouldBe(VerdictKind.Valid);
        Of(judge, record, login: Now - 100, lpos: Next).ShouldBe(VerdictKind.Reauthenticate);
        Of(judge, record, login: Now - 99, lpos: Next - 1).ShouldBe(VerdictKind.Reauthenticate);
    }

    [Theory]
    [InlineData("e", Next)]
    [InlineData("another", By)]
    public void Where_no_later_head_of_another_epoch_begins_the_new_log_no_login_of_ours_is_surely_later(string epoch, long head)
    {
        var record = TestLog.Record(own: true);
        var judge = Forked(record, Effect.Reauthenticate, epoch, head);

        Of(judge, record, login: Now + 1, lpos: Next).ShouldBe(VerdictKind.Reauthenticate);
    }

    [Fact]
    public void The_later_of_both_clocks_says_when_it_was_frozen()
    {
        var record = TestLog.Record(own: false);
        var judge = Forked(record, Effect.End, "another", Next, ahead: 300);

        Of(judge, record, issuedAt: Now + 300).ShouldBe(VerdictKind.Revoked);
    }

    // The last second of another issuer that is reached: it dates by a clock of its own.
    private static long LastOf(IssuerRecord record) => Now + Retention.ClockMargin + record.Limits.ClockSkew;

    // The old log ends with the act. Ten minutes pass after the fork.
    private Judge Forked(
        IssuerRecord record, Effect effect, string epoch, long head, long ahead = 0, long? datedAnew = null)
    {
        var state = StateOf(effect, Tomorrow);
        List<LogEntry> next = [TestLog.Entry(record)];
        if (datedAnew is { } second)
        {
            next.Add(TestLog.Entry(record.Issuer, Match.Subject("u"), StateOf(effect, second), By));
        }

        var replica = Replica.CreateAuthoritative(_clock, Entropy.System);
        replica.Append(
            [TestLog.Entry(record), TestLog.Entry(record.Issuer, Match.Subject("u"), state, By)], TestLog.Head("e", By));
        var snapshot = TestLog.Snapshot(replica, epoch, head, next);
        snapshot.Head = snapshot.Head! with { At = Now + ahead };
        replica.Load(snapshot, isFork: true);
        _clock.Now += 600;
        return new(replica, _clock);
    }

    private static RevocationState StateOf(Effect effect, long second)
    {
        var slot = new Slot(new(By), second);
        return new(
            effect is Effect.End ? slot : default, effect is Effect.Renew ? slot : default,
            effect is Effect.Reauthenticate ? slot : default, default, RevocationState.Never);
    }

    private static VerdictKind Of(
        Judge judge, IssuerRecord record, long issuedAt = Now + 580, long login = Now + 580, long? lpos = null)
    {
        var minted = lpos is null ? "" : $",\"lpos\":{lpos}";
        var payload = $$"""
            {"iss":"{{record.Issuer}}","sub":"u","client_id":"c","jti":"t","exp":{{Now + 870}},"iat":{{issuedAt}},
            "auth_time":{{login}}{{minted}}}
            """;
        return judge.Decide(TestToken.Read(TestToken.Of(payload), record), TimeSpan.Zero).Kind;
    }
}
