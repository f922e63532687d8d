using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Decisions;

/// <summary>What is appended again of a log that a store has lost a part of.</summary>
public sealed class LostActsTests
{
    private const string Own = StoreSuite.OwnIssuer;
    private const string Foreign = "https://issuer.example";
    private const long Now = 1_790_000_000;

    private static readonly Effect[] Effects = [Effect.End, Effect.Renew, Effect.Reauthenticate, Effect.Block];

    [Fact]
    public void Whatever_was_acknowledged_holds_again_and_nothing_is_appended_a_second_time()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            var acts = Enumerable.Range(1, 12).Select(position => ActOf(random, position)).ToList();
            var after = new LogPosition(random.Next(0, 13));
            var standing = acts.Where(act => act.Position <= after || act.Position.Value == random.Next(1, 13))
                .GroupBy(static act => (act.Issuer, act.Match))
                .ToDictionary(static same => same.Key, static same => RevocationState.Of(same, same.Key.Issuer == Own));

            var appended = TakeUp(standing, acts, after);

            foreach (var act in acts.Where(act => act.Position > after && (act.Effect is not Effect.Block || act.Second > Now)))
            {
                var slot = SlotOf(standing[(act.Issuer, act.Match)], act.Effect);
                (ByAct(act) ? slot.By >= act.Position : slot.Second >= act.Second).ShouldBeTrue($"seed {seed}, {act}");
            }

            appended.ShouldBeLessThanOrEqualTo(acts.Count(act => act.Position > after));
            TakeUp(standing, acts, after).ShouldBe(0, $"seed {seed}");
        }
    }

    [Fact]
    public void What_was_lifted_before_the_loss_is_not_taken_back_again()
    {
        var lost = StateEntry(20, Match.Subject("alice"), Of(new(5), Effect.End) with { Block = new(new(20), Now + 60) });

        LostActs.Missing(lost, Empty, after: new(10), Present).Select(static draft => draft.Effect).ShouldBe([Effect.Block]);
    }

    [Fact]
    public void A_block_that_is_over_is_left_out()
    {
        var lost = StateEntry(20, Match.Subject("alice"), Empty with { Block = new(new(20), Now - 1) });

        LostActs.Missing(lost, Empty, after: new(10), Present).ShouldBeEmpty();
    }

    private static RevocationState Empty { get; } = new(default, default, default, default, 0);

    private static Present Present { get; } = new(
        Own, LogHead.Empty("epoch"), Registry: 1, default, DateTimeOffset.FromUnixTimeSeconds(Now), 0, null);

    private static int TakeUp(
        Dictionary<(string Issuer, Match Match), RevocationState> standing, List<Revocation> acts, LogPosition after)
    {
        var appended = 0;
        var lost = new LostEntries([.. EntriesOf(acts)], after, acts[^1].Position);
        foreach (var entry in LostActs.NewestOf(lost))
        {
            var named = (entry.Issuer, entry.Match!);
            foreach (var draft in LostActs.Missing(entry, standing.GetValueOrDefault(named, Empty), after, Present))
            {
                var act = ActOf(draft.Issuer, draft.Match, draft.Effect, 100 + appended++, draft.Second ?? Now);
                standing[named] = standing.GetValueOrDefault(named, Empty).Add(act, draft.Issuer == Own);
            }
        }

        return appended;
    }

    // As the log has them: each the state of its match after the act.
    private static IEnumerable<LogEntry> EntriesOf(List<Revocation> acts)
    {
        var states = new Dictionary<(string, Match), RevocationState>();
        foreach (var act in acts)
        {
            var state = states.GetValueOrDefault((act.Issuer, act.Match), Empty).Add(act, act.Issuer == Own);
            states[(act.Issuer, act.Match)] = state;
            yield return StateEntry(act.Position.Value, act.Match, state) with { Issuer = act.Issuer };
        }
    }

    private static LogEntry StateEntry(long position, Match match, RevocationState state) => new()
    {
        Kind = LogEntryKind.State, Position = new(position), At = Now, Issuer = Own, Match = match, State = state,
    };

    private static RevocationState Of(LogPosition by, Effect effect) =>
        Empty.Add(ActOf(Own, Match.Subject("alice"), effect, by.Value, Now), ownIssuer: true);

    private static Revocation ActOf(Random random, long position) => ActOf(
        random.Next(2) == 0 ? Own : Foreign, Match.Subject($"s{random.Next(2)}"), Effects[random.Next(4)], position,
        Now + random.Next(-5, 6));

    private static Revocation ActOf(string issuer, Match match, Effect effect, long position, long second) => new()
    {
        Position = new(position), At = Now, Issuer = issuer, Match = match, Effect = effect, Second = second, Reason = "test",
        Actor = "client:web", RememberUntil = Now + 3600,
    };

    private static bool ByAct(Revocation act) => act.Issuer == Own && act.Effect is Effect.End or Effect.Renew;

    private static Slot SlotOf(RevocationState state, Effect effect) => effect switch
    {
        Effect.End => state.End,
        Effect.Renew => state.Renew,
        Effect.Reauthenticate => state.Reauthenticate,
        _ => state.Block,
    };
}
