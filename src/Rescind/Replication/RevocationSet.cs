namespace Rescind;

/// <summary>
/// The live revocations of one log, found by probe key: 40 bytes each at load 0.8 for plain ends (32-byte slots), about
/// 200 more for the rest. Readers never lock; one writer; growing and forgetting build a table aside and swap it. There
/// is no timer per entry.
/// </summary>
internal sealed class RevocationSet(SipKey key)
{
    // A larger set is rebuilt only when that frees an eighth of it: forgetting saves memory and changes no verdict.
    private const int SmallCount = 65_536;

    private readonly long[] _kindsUntil = new long[MatchKinds.All.Length + 1];
    private readonly Dictionary<string, long> _tagsUntil = [];
    private volatile RevocationTable _table = new(64);
    private volatile TagNames _tagNames = TagNames.None;
    private volatile int _kinds;

    // What is set while a table is made aside, which lacks it. Null at other times.
    private List<TableEntry>? _meanwhile;

    /// <summary>The key of its probes; sets of one replica share it.</summary>
    public SipKey Key { get; } = key;

    /// <summary>How many matches it holds, tombstones included.</summary>
    public int Count => _table.Count;

    /// <summary>The bytes that its tables take, about.</summary>
    public long Bytes => _table.Bytes;

    /// <summary>Whether any entry names this kind: a verdict probes no other.</summary>
    public bool MayHold(MatchKind kind) => (_kinds & (1 << (int)kind)) != 0;

    /// <summary>Whether any entry may name a tag of this <see cref="TagNames.MarkOf"/>.</summary>
    public bool MayHoldTag(int mark) => _tagNames.MayContain(mark);

    /// <summary>
    /// Whether any of these can be found. Ask before looking for several: it costs one wait for memory instead of one for each.
    /// </summary>
    public bool MayHoldAny(ReadOnlySpan<UInt128> probes) => _table.MayHoldAny(probes);

    /// <summary>Finds the live state of a match.</summary>
    public bool TryFind(UInt128 probe, out FoundState found) => _table.TryFind(probe, out found);

    /// <summary>Sets the state of one match. One writer at a time.</summary>
    public void Apply(string issuer, Match match, RevocationState state)
    {
        if (_table.IsFull)
        {
            Grow(Count);
        }

        // Before the entry: a reader that finds the kind but not yet the entry is only early.
        Announce(match, state.RememberUntil);
        var plain = FoundState.IsPlain(state, match.EndsUnconditionally);
        var entry = new TableEntry(
            Probe.Of(Key, issuer, match), plain ? state.End.By.Value : 0, plain ? null : state, state.RememberUntil);
        _table.Set(entry);
        _meanwhile?.Add(entry);
    }

    /// <summary>
    /// Forgets what must no longer be remembered at <paramref name="now"/>: the earlier of our own clock and the Authority's.
    /// </summary>
    /// <param name="now">In seconds since the Unix epoch.</param>
    /// <param name="writing">
    /// What another writer holds, if there is one: it is taken at the beginning and at the end, and not while all are
    /// looked through and copied aside.
    /// </param>
    public void Purge(long now, Lock? writing = null)
    {
        writing ??= new();
        RevocationTable table;
        lock (writing)
        {
            (table, _meanwhile) = (_table, []);
        }

        var aside = Rebuilt(table, now);
        lock (writing)
        {
            if (aside?.TrySet(_meanwhile) == true)
            {
                Adopt(aside, now);
            }

            _meanwhile = null;
        }
    }

    // Null if it is not worth it: if it frees little, and there is room for the next. Null, too, if so much was set meanwhile
    // that it has no room: the next purge counts that in.
    private static RevocationTable? Rebuilt(RevocationTable table, long now)
    {
        var (count, remembered) = (table.Count, table.Remembered(now));
        var forgettable = count - remembered;
        if (table.HasRoomFor(count + (count / 16)) && (forgettable <= 0 || (count > SmallCount && forgettable < count / 8)))
        {
            return null;
        }

        var rebuilt = new RevocationTable(CapacityFor(remembered));
        return table.TryCopyTo(rebuilt, now) ? rebuilt : null;
    }

    private void Adopt(RevocationTable table, long now)
    {
        _table = table;
        foreach (var (name, until) in _tagsUntil)
        {
            if (until < now)
            {
                _tagsUntil.Remove(name);
            }
        }

        _tagNames = TagNames.Of(_tagsUntil.Keys);
        for (var kind = 0; kind < _kindsUntil.Length; kind++)
        {
            _kinds &= _kindsUntil[kind] < now ? ~(1 << kind) : -1;
        }
    }

    /// <summary>
    /// Takes from <paramref name="older"/> each match that this set does not hold: a newer snapshot of the same log
    /// forgets nothing. Nobody reads this set yet, and the memory of those that both hold is not asked for twice.
    /// </summary>
    public void CarryOver(RevocationSet older)
    {
        for (var kind = 0; kind < _kindsUntil.Length; kind++)
        {
            _kindsUntil[kind] = Math.Max(_kindsUntil[kind], older._kindsUntil[kind]);
        }

        foreach (var (name, until) in older._tagsUntil)
        {
            _tagsUntil[name] = Math.Max(until, _tagsUntil.GetValueOrDefault(name));
        }

        _kinds |= older._kinds;
        _tagNames = TagNames.Of(_tagsUntil.Keys);
        var count = Count + older._table.CountWithout(_table);
        if (!_table.HasRoomFor(count))
        {
            Grow(count);
        }

        CopyAll(older._table, _table);
    }

    private void Announce(Match match, long rememberUntil)
    {
        ref var until = ref _kindsUntil[(int)match.Kind];
        until = Math.Max(until, rememberUntil);
        _kinds |= 1 << (int)match.Kind;
        if (match.Name is not { } name)
        {
            return;
        }

        _tagsUntil[name] = Math.Max(rememberUntil, _tagsUntil.GetValueOrDefault(name));
        if (!_tagNames.MayContain(TagNames.MarkOf(name)))
        {
            _tagNames = TagNames.Of(_tagsUntil.Keys);
        }
    }

    private void Grow(int count)
    {
        var table = new RevocationTable(CapacityFor(count));
        CopyAll(_table, table);
        _table = table;
    }

    // Nobody sets anything meanwhile, and the target was made for all of it.
    private static void CopyAll(RevocationTable table, RevocationTable target)
    {
        if (!table.TryCopyTo(target, long.MinValue))
        {
            throw new InvalidOperationException("The table was made too small.");
        }
    }

    // Filled to 0.6 after a rebuild, so that the next is a third of the entries away.
    private static int CapacityFor(int count) => (int)Math.Min(Array.MaxLength, (long)(count / 0.6) + 64);
}
