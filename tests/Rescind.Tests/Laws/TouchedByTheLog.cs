using CsCheck;

namespace Rescind.Tests.Laws;

/// <summary>Looking only at what an entry names closes exactly what judging everything anew would close.</summary>
public sealed class TouchedByTheLog
{
    [Fact]
    public void Judging_what_each_entry_names_finds_all_that_judging_everything_would() => Scenario.Any(8).Sample(
        scenario =>
        {
            var (watched, scanned) = (new HashSet<Token>(), new HashSet<Token>());
            var index = Index(scenario);
            Play(scenario, (entry, judge) =>
            {
                var touched = Touched(index, entry);
                watched.UnionWith(touched.Where(token => !judge(token).IsValid));
                scanned.UnionWith(scenario.Tokens.Where(token => !judge(token).IsValid));
            });

            watched.SetEquals(scanned).ShouldBeTrue();
        },
        iter: Cases.Of(0.1));

    [Fact]
    public void An_entry_touches_nothing_that_it_does_not_name() => Scenario.Any(8).Sample(
        scenario =>
        {
            var index = Index(scenario);
            foreach (var act in scenario.Acts)
            {
                var entry = TestLog.Entry(scenario.Issuer.Issuer, act.Match, RevocationState.Of([], scenario.Issuer.Own));
                Touched(index, entry).SetEquals(scenario.Tokens.Where(token => NaiveModel.Names(act, token, scenario)))
                    .ShouldBeTrue(act.ToString());
            }
        },
        iter: Cases.Of(0.1));

    [Fact]
    public void The_entries_of_another_issuer_touch_nothing() => Scenario.Any(8).Sample(
        scenario =>
        {
            var index = Index(scenario);
            foreach (var act in scenario.Acts)
            {
                Touched(index, TestLog.Entry("https://another.example", act.Match, RevocationState.Of([], ownIssuer: false)))
                    .ShouldBeEmpty();
            }
        },
        iter: Cases.Of(0.02));

    [Fact]
    public void What_was_taken_out_is_found_no_more_and_its_neighbours_are() => Scenario.Any(8).Sample(
        scenario =>
        {
            var index = Index(scenario);
            var gone = scenario.Tokens[0];
            index.Remove(scenario.Facts(gone), gone);
            index.Remove(scenario.Facts(gone), gone);

            var left = scenario.Tokens.Where(token => token != gone).ToHashSet();
            Touched(index, TestLog.Entry(scenario.Issuer)).SetEquals(left).ShouldBeTrue();
            index.IsEmpty.ShouldBe(left.Count == 0);
        },
        iter: Cases.Of(0.02));

    // What comes before the record of the issuer is unknown to everybody: the story begins with it, and with tokens
    // that are valid.
    private static void Play(Scenario scenario, Action<LogEntry, Func<Token, Verdict>> told)
    {
        var replica = TestLog.Replica(new ManualClock(scenario.Now));
        var judge = new Judge(replica, new ManualClock(scenario.Now));
        foreach (var entry in scenario.Entries())
        {
            replica.Append([entry], TestLog.Head("e", 1));
            told(entry, token => judge.Decide(scenario.Facts(token), TimeSpan.Zero));
        }
    }

    private static TokenIndex<Token> Index(Scenario scenario)
    {
        var index = new TokenIndex<Token>(Entropy.System);
        foreach (var token in scenario.Tokens)
        {
            index.Add(scenario.Facts(token), token);
        }

        return index;
    }

    private static HashSet<Token> Touched(TokenIndex<Token> index, LogEntry entry)
    {
        var touched = new HashSet<Token>();
        index.Find(entry, touched);
        return touched;
    }
}
