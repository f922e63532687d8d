namespace Rescind.Authority;

/// <summary>
/// The Authority's own view of its log: the replica that judges its own tokens exactly, and the tail that followers are
/// served from. <see cref="LogFollower"/> fills it; it takes each entry once, in the order of the log.
/// </summary>
internal sealed class CommittedLog(TimeProvider time, Entropy entropy)
{
    // The replica has one writer at a time: whoever brings entries, or the purge.
    private readonly Lock _writing = new();
    private FeedTail? _tail;
    private long _appended;

    public Replica Replica { get; } = Replica.CreateAuthoritative(time, entropy);

    /// <summary>The newest entries; throws before the start.</summary>
    public FeedTail Tail => Volatile.Read(ref _tail) ?? throw new InvalidOperationException("The Authority has not started.");

    /// <summary>How many entries were taken since <see cref="Begin"/>.</summary>
    public long Appended => Volatile.Read(ref _appended);

    /// <summary>Takes a part of the map, before <see cref="Begin"/> takes the last one.</summary>
    public void Load(IReadOnlyList<LogEntry> part, LogHead head)
    {
        lock (_writing)
        {
            Replica.Append(part, _tail?.Head ?? head);
        }
    }

    /// <summary>
    /// Takes the map as the store holds it. Where the log of another epoch was here, what it said of matches of which the
    /// new one says nothing goes on being judged: dead in either is dead.
    /// </summary>
    public void Begin(IReadOnlyList<LogEntry> map, LogHead head)
    {
        lock (_writing)
        {
            Replica.Append(map, head);
            Interlocked.Exchange(ref _tail, new FeedTail(head))?.Close();
        }
    }

    /// <summary>
    /// Takes entries that follow <paramref name="before"/> and lead to <paramref name="head"/>, those of them that are
    /// new here; false, and none is taken, if something is missing between what is here and them.
    /// </summary>
    public bool TryAppend(LogPosition before, IReadOnlyList<LogEntry> entries, LogHead head)
    {
        lock (_writing)
        {
            var (epoch, at) = (Tail.Head.Epoch, Tail.Head.Position);
            if (head.Epoch != epoch)
            {
                return false;
            }

            if (head.Position <= at)
            {
                return true;
            }

            if (before != at)
            {
                if (entries.All(entry => entry.Position != at))
                {
                    return false;
                }

                entries = [.. entries.Where(entry => entry.Position > at)];
            }

            Replica.Append(entries, head);
            Tail.Append(entries, head);
            Volatile.Write(ref _appended, _appended + entries.Count);
            return true;
        }
    }

    /// <summary>Forgets what nothing needs any more at a time that is believed. Commits go on meanwhile.</summary>
    public void Purge(DateTimeOffset believed) => Replica.Purge(believed.AddSeconds(-Retention.ForgettingMargin), _writing);
}
