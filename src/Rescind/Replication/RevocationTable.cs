using System.Collections.Concurrent;

namespace Rescind;

/// <summary>
/// Open addressing with linear probing over 32-byte slots, at most four fifths full. One writer; readers never lock. A
/// slot becomes visible by the last write of its key; afterwards only its one value word changes, so a reader sees the
/// old state or the new one, never a mixture. What does not fit the word is an immutable record in the side table, and
/// stays there until a rebuild: a reader that was sent there always finds an answer.
/// </summary>
internal sealed class RevocationTable(int capacity)
{
    /// <summary>The value word of a state that is in the side table.</summary>
    private const long Aside = -1;

    private readonly Slot[] _slots = new Slot[Math.Max(capacity, 64)];
    private readonly ConcurrentDictionary<UInt128, RevocationState> _side = new();

    /// <summary>How many matches it holds, tombstones included. The writer's; a reader may see it late.</summary>
    public int Count { get; private set; }

    public long Bytes => (32L * _slots.Length) + (200L * _side.Count);

    public bool IsFull => !HasRoomFor(Count + 1);

    /// <summary>Whether it can hold so many without being too full.</summary>
    public bool HasRoomFor(int count) => count <= _slots.Length / 5 * 4;

    /// <summary>Finds a live state; a tombstone is not found.</summary>
    public bool TryFind(UInt128 key, out FoundState found)
    {
        var low = LowOf(key);
        for (var i = Start(key); ; i = i + 1 == _slots.Length ? 0 : i + 1)
        {
            ref var slot = ref _slots[i];
            var present = Volatile.Read(ref slot.Low);
            if (present == 0)
            {
                found = default;
                return false;
            }

            if (present == low && slot.High == (ulong)(key >> 64))
            {
                var value = Volatile.Read(ref slot.Value);
                found = value == Aside ? new(_side[Canonical(key)]) : new(new LogPosition(value));
                return value != 0;
            }
        }
    }

    /// <summary>
    /// Whether any of these keys can be here: whether a slot at which one would begin is taken. All are read before
    /// anything is decided, so the processor waits for memory once and not once per key; that wait is most of a
    /// verdict's time over a large map.
    /// </summary>
    public bool MayHoldAny(ReadOnlySpan<UInt128> keys)
    {
        var taken = 0UL;
        foreach (var key in keys)
        {
            taken |= _slots[Start(key)].Low;
        }

        return taken != 0;
    }

    /// <summary>Sets the state of one match. The writer's; there is room.</summary>
    public void Set(TableEntry entry)
    {
        var (key, value, aside, rememberUntil) = entry;
        var low = LowOf(key);
        var i = Start(key);
        while (_slots[i].Low != 0 && (_slots[i].Low != low || _slots[i].High != (ulong)(key >> 64)))
        {
            i = i + 1 == _slots.Length ? 0 : i + 1;
        }

        ref var slot = ref _slots[i];
        if (aside is not null || slot.Value == Aside)
        {
            _side[Canonical(key)] = aside ?? FoundState.ToState(new(value), rememberUntil);
            value = Aside;
        }

        slot.RememberUntil = rememberUntil;
        if (slot.Low != 0)
        {
            Volatile.Write(ref slot.Value, value);
            return;
        }

        slot.High = (ulong)(key >> 64);
        slot.Value = value;
        Volatile.Write(ref slot.Low, low);
        Count++;
    }

    /// <summary>Sets what was set elsewhere; false, and nothing done, if there is no room for all of it. The writer's.</summary>
    public bool TrySet(List<TableEntry> entries)
    {
        if (!HasRoomFor(Count + entries.Count))
        {
            return false;
        }

        entries.ForEach(Set);
        return true;
    }

    /// <summary>
    /// Copies into <paramref name="target"/> what must be remembered at <paramref name="now"/> and is not there yet.
    /// The writer of the target's; what is set here meanwhile is copied as it was, or as it is then, or as neither: it
    /// has to be set there once more. False if that was so much that the target has no room for the rest.
    /// </summary>
    public bool TryCopyTo(RevocationTable target, long now)
    {
        foreach (ref var slot in _slots.AsSpan())
        {
            // The low word is written last.
            var low = Volatile.Read(ref slot.Low);
            var key = new UInt128(slot.High, low);
            if (low != 0 && slot.RememberUntil >= now && !target.Holds(key))
            {
                if (target.IsFull)
                {
                    return false;
                }

                var value = Volatile.Read(ref slot.Value);
                target.Set(value == Aside
                    ? new(key, 0, _side[key], slot.RememberUntil)
                    : new(key, value, null, slot.RememberUntil));
            }
        }

        return true;
    }

    /// <summary>How many of its matches <paramref name="other"/> does not hold. The writer's.</summary>
    public int CountWithout(RevocationTable other)
    {
        var missing = 0;
        foreach (ref var slot in _slots.AsSpan())
        {
            missing += slot.Low != 0 && !other.Holds(new(slot.High, slot.Low)) ? 1 : 0;
        }

        return missing;
    }

    /// <summary>How many of its matches must be remembered at <paramref name="now"/>. The writer's.</summary>
    public int Remembered(long now)
    {
        var remembered = 0;
        foreach (ref var slot in _slots.AsSpan())
        {
            remembered += slot.Low != 0 && slot.RememberUntil >= now ? 1 : 0;
        }

        return remembered;
    }

    private bool Holds(UInt128 key)
    {
        var low = LowOf(key);
        for (var i = Start(key); _slots[i].Low != 0; i = i + 1 == _slots.Length ? 0 : i + 1)
        {
            if (_slots[i].Low == low && _slots[i].High == (ulong)(key >> 64))
            {
                return true;
            }
        }

        return false;
    }

    // Zero means free, so no key word is zero.
    private static ulong LowOf(UInt128 key) => (ulong)key == 0 ? 1 : (ulong)key;

    private static UInt128 Canonical(UInt128 key) => new((ulong)(key >> 64), LowOf(key));

    private int Start(UInt128 key) => (int)Math.BigMul((ulong)(key >> 64), (ulong)_slots.Length, out _);

    private struct Slot
    {
        public ulong High;
        public ulong Low;
        public long Value;
        public long RememberUntil;
    }
}

/// <summary>The state of one match, to be set.</summary>
/// <param name="Key">The probe of its match.</param>
/// <param name="Value">The position of a plain end; 0 for anything else.</param>
/// <param name="Aside">The state, unless it is a plain end or nothing.</param>
/// <param name="RememberUntil">Until when it must be remembered.</param>
internal readonly record struct TableEntry(UInt128 Key, long Value, RevocationState? Aside, long RememberUntil);

/// <summary>A state as it was found: a plain end, which is one position, or the whole record.</summary>
internal readonly struct FoundState
{
    private readonly LogPosition _end;
    private readonly RevocationState? _aside;

    public FoundState(LogPosition end) => _end = end;

    public FoundState(RevocationState aside) => _aside = aside;

    public Slot End => _aside?.End ?? ToSlot(_end);

    public Slot Renew => _aside?.Renew ?? default;

    public Slot Reauthenticate => _aside?.Reauthenticate ?? default;

    public Slot Block => _aside?.Block ?? default;

    /// <summary>
    /// Whether a state is nothing but an end whose second does not matter, or is its act's own: then its position says all.
    /// </summary>
    public static bool IsPlain(RevocationState state, bool endsUnconditionally) =>
        state.Renew.IsEmpty && state.Reauthenticate.IsEmpty && state.Block.IsEmpty
        && (endsUnconditionally || state.End.IsEmpty || state.End == ToSlot(state.End.By));

    public static RevocationState ToState(LogPosition end, long rememberUntil) =>
        new(ToSlot(end), default, default, default, rememberUntil);

    private static Slot ToSlot(LogPosition end) => end.Value == 0 ? default : new(end, end.Value / 1_000_000);
}
