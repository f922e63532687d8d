using CsCheck;

namespace Rescind.Tests.Replication;

public sealed class RevocationSetTests
{
    private static readonly SipKey Key = SipKey.Random(Entropy.System);

    private static readonly Match[] Matches =
    [
        Match.Issuer, Match.Key("a"),
        .. Enumerable.Range(0, 40)
            .SelectMany(i => new[] { Match.Token($"{i}"), Match.Subject($"{i}"), Match.Tag($"n{i % 5}", $"{i}") }),
    ];

    // Positions whose second is that of the slot make plain ends; others go to the side table.
    private static readonly Gen<RevocationState> AnyState = Gen.Select(
        Gen.Int[0, 4], Gen.Long[1, 50], Gen.Bool, Gen.Long[0, 100], (shape, second, isPlain, until) =>
        {
            var slot = new Slot(new(second * 1_000_000), isPlain ? second : second + 1);
            return new RevocationState(
                shape is 0 or 1 ? slot : default, shape is 1 ? slot : default, shape is 2 ? slot : default,
                shape is 3 ? slot : default, until);
        });

    private static readonly Gen<(int Operation, int Issuer, Match Match, RevocationState State)> AnyStep = Gen.Select(
        Gen.Int[0, 30], Gen.Int[0, 1], Gen.Int[0, Matches.Length - 1], AnyState,
        (operation, issuer, match, state) => (operation, issuer, Matches[match], state));

    [Fact]
    public void A_table_into_which_more_is_copied_than_it_has_room_for_takes_what_fits_and_says_so()
    {
        var (table, target) = (new RevocationTable(1024), new RevocationTable(64));
        for (var i = 1UL; i <= 100; i++)
        {
            table.Set(new(new UInt128(i, i * 7919), 1, null, 100));
        }

        table.TryCopyTo(target, now: 0).ShouldBeFalse();

        target.IsFull.ShouldBeTrue();
        table.TryCopyTo(new RevocationTable(200), now: 0).ShouldBeTrue();
    }

    [Fact]
    public void It_holds_what_a_dictionary_holds() => AnyStep.Array[0, 300].Sample(
        steps =>
        {
            var (set, model) = (new RevocationSet(Key), new Dictionary<(string, Match), RevocationState>());
            foreach (var (operation, issuer, match, state) in steps)
            {
                set = Step(set, model, operation, issuer == 0 ? TestLog.Own : TestLog.Foreign, match, state);
            }

            Same(set, model);
        },
        iter: Cases.Of(0.02));

    [Fact]
    public void A_plain_end_costs_a_slot_and_its_air()
    {
        var set = new RevocationSet(Key);
        for (var i = 1; i <= 200_000; i++)
        {
            set.Apply(TestLog.Own, Match.Session($"s{i}"), new(new(new(i), 5), default, default, default, RevocationState.Never));
        }

        set.Count.ShouldBe(200_000);
        (set.Bytes / set.Count).ShouldBeInRange(32, 54);
    }

    [Fact]
    public void A_newer_snapshot_takes_no_more_memory_than_it_and_what_only_the_older_one_holds()
    {
        var (older, newer) = (SetOf(0, 100_000), SetOf(1_000, 100_000));
        var bytes = newer.Bytes;

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        newer.CarryOver(older);

        (GC.GetAllocatedBytesForCurrentThread() - allocated).ShouldBeLessThan(bytes / 10);
        (newer.Count, newer.Bytes).ShouldBe((101_000, bytes));
        newer.CarryOver(SetOf(200_000, 100_000));
        newer.Count.ShouldBe(201_000);
        (newer.Bytes / newer.Count).ShouldBeInRange(32, 54);
    }

    private static RevocationSet SetOf(int from, int count)
    {
        var set = new RevocationSet(Key);
        for (var i = from; i < from + count; i++)
        {
            set.Apply(TestLog.Own, Match.Session($"s{i}"),
                new(new(new(i + 1), 0), default, default, default, RevocationState.Never));
        }

        return set;
    }

    [Fact]
    public void A_large_set_is_rebuilt_only_to_free_an_eighth()
    {
        var set = new RevocationSet(Key);
        for (var i = 0; i < 100_000; i++)
        {
            set.Apply(TestLog.Own, Match.Session($"s{i}"), new(new(new(1), 0), default, default, default, RememberUntil: i));
        }

        set.Purge(now: 12_000);
        set.Count.ShouldBe(100_000);
        set.Purge(now: 13_000);
        set.Count.ShouldBe(87_000);
    }

    [Fact]
    public async Task Whoever_writes_does_not_wait_while_very_many_are_looked_through_and_what_is_written_stays()
    {
        var (set, writing) = (SetOf(0, 300_000), new Lock());
        var (written, refused, isPurging, isDone) = (0, 0, false, false);
        var writer = Task.Factory.StartNew(
            () =>
            {
                while (!Volatile.Read(ref isDone))
                {
                    if (Volatile.Read(ref isPurging))
                    {
                        Write();
                    }

                    Thread.SpinWait(1000);
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        // On a busy machine the writer may have no turn at all during the first ones.
        for (var round = 0; round < 10
            || (round < 200 && Volatile.Read(ref written) + Volatile.Read(ref refused) < 1_000); round++)
        {
            for (var i = 0; i < 100_000; i++)
            {
                lock (writing)
                {
                    set.Apply(TestLog.Own, Match.Session($"old{i}"), EndUntil(100));
                }
            }

            Volatile.Write(ref isPurging, true);
            set.Purge(now: 101, writing);
            Volatile.Write(ref isPurging, false);
        }

        Volatile.Write(ref isDone, true);
        await writer;
        written.ShouldBeGreaterThan(refused);
        foreach (var name in Enumerable.Range(0, written).Select(i => $"written{i}").Append("s1").Append("s299999"))
        {
            set.TryFind(Probe.Of(Key, TestLog.Own, Match.Session(name)), out _).ShouldBeTrue(name);
        }

        set.TryFind(Probe.Of(Key, TestLog.Own, Match.Session("old8")), out _).ShouldBeFalse();

        void Write()
        {
            if (!writing.TryEnter())
            {
                refused++;
                return;
            }

            set.Apply(TestLog.Own, Match.Session($"written{written++}"), EndUntil(RevocationState.Never));
            set.Apply(TestLog.Own, Match.Session("old7"), EndUntil(RevocationState.Never));
            writing.Exit();
        }

        static RevocationState EndUntil(long until) => new(new(new(1), 0), default, default, default, until);
    }

    [Fact]
    public void Kinds_and_tags_that_nothing_names_any_more_are_not_looked_up()
    {
        var set = new RevocationSet(Key);
        set.Apply(TestLog.Own, Match.Tag("tenant", "x"), new(new(new(1), 0), default, default, default, RememberUntil: 10));
        (set.MayHold(MatchKind.Tag), MayHoldTag(set, "tenant"), MayHoldTag(set, "role")).ShouldBe((true, true, false));

        set.Purge(now: 11);

        (set.MayHold(MatchKind.Tag), MayHoldTag(set, "tenant")).ShouldBe((false, false));
    }

    private static bool MayHoldTag(RevocationSet set, string name) => set.MayHoldTag(TagNames.MarkOf(name));

    private static RevocationSet Step(
        RevocationSet set, Dictionary<(string, Match), RevocationState> model, int operation, string issuer,
        Match match, RevocationState state)
    {
        switch (operation)
        {
            case 0:
                set.Purge(state.RememberUntil);
                foreach (var gone in model.Where(one => one.Value.RememberUntil < state.RememberUntil).ToList())
                {
                    model.Remove(gone.Key);
                }

                return set;
            case 1:
                var newer = new RevocationSet(Key);
                newer.Apply(issuer, match, state);
                newer.CarryOver(set);
                model[(issuer, match)] = state;
                return newer;
            default:
                set.Apply(issuer, match, state);
                model[(issuer, match)] = state;
                return set;
        }
    }

    private static void Same(RevocationSet set, Dictionary<(string, Match), RevocationState> model)
    {
        set.Count.ShouldBe(model.Count);
        foreach (var issuer in new[] { TestLog.Own, TestLog.Foreign })
        {
            foreach (var match in Matches)
            {
                var expected = model.GetValueOrDefault((issuer, match)) ?? new(default, default, default, default, 0);
                set.TryFind(Probe.Of(Key, issuer, match), out var found);
                found.End.By.ShouldBe(expected.End.By);
                found.End.Second.ShouldBe(match.EndsUnconditionally ? found.End.Second : expected.End.Second);
                (found.Renew, found.Reauthenticate, found.Block)
                    .ShouldBe((expected.Renew, expected.Reauthenticate, expected.Block));
                (expected.IsEmpty || (set.MayHold(match.Kind) && (match.Name is null || MayHoldTag(set, match.Name))))
                    .ShouldBeTrue();
            }
        }
    }
}
