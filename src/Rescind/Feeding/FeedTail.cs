namespace Rescind;

/// <summary>
/// The newest entries of a log in memory, and the answers made of them: what a node serves to followers. Pure: it reads
/// no store and no clock. An answer is built once per range and shared by all who ask for it (<c>docs/protocol.md</c>).
/// Safe for concurrent use.
/// </summary>
public sealed class FeedTail
{
    /// <summary>The most entries of one answer.</summary>
    public const int MaxEntries = 10_000;

    /// <summary>About how many bytes of JSON the entries of one answer have at most; a single entry may be longer.</summary>
    public const int MaxBytes = 1024 * 1024;

    // Followers ask for few ranges at a time; each answer kept for more of them would hold its list and its bytes.
    private const int MaxAnswers = 64;

    private readonly Lock _lock = new();
    private readonly int _capacity;

    // _heads[i] is the head after _entries[i - 1], _lengths[i] the length of all entries up to there; _heads[0] is
    // where the tail begins.
    private readonly List<LogEntry> _entries = [];
    private readonly List<LogHead> _heads;
    private readonly List<long> _lengths = [0];
    private readonly Dictionary<LogPosition, FeedAnswer> _answers = [];

    // Who waits is spread over these: whoever gives up is looked for among the few of its own. Empty until somebody waits there.
    private readonly TaskCompletionSource?[] _moved = new TaskCompletionSource?[64];
    private int _nextMoved;
    private bool _isClosed;

    /// <summary>A tail that begins after <paramref name="head"/>.</summary>
    public FeedTail(LogHead head, int capacity = 100_000)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _heads = [head];
        _capacity = capacity;
    }

    /// <summary>The newest head.</summary>
    public LogHead Head
    {
        get
        {
            lock (_lock)
            {
                return _heads[^1];
            }
        }
    }

    /// <summary>
    /// Completes when the head moves past what it is now, or another tail takes the place of this one. Take it before reading
    /// the head, or a wake-up is lost.
    /// </summary>
    public Task Moved
    {
        get
        {
            lock (_lock)
            {
                if (_isClosed)
                {
                    return Task.CompletedTask;
                }

                _nextMoved = (_nextMoved + 1) % _moved.Length;
                return (_moved[_nextMoved] ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }
    }

    /// <summary>Where it begins.</summary>
    public LogHead Start
    {
        get
        {
            lock (_lock)
            {
                return _heads[0];
            }
        }
    }

    /// <summary>The entries after one of its heads; null if <paramref name="head"/> is none of them.</summary>
    public IReadOnlyList<LogEntry>? EntriesAfter(LogHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        lock (_lock)
        {
            var at = _heads.BinarySearch(head, ByPosition);
            return at >= 0 && _heads[at].Epoch == head.Epoch && _heads[at].Chain == head.Chain
                ? _entries.GetRange(at, _entries.Count - at)
                : null;
        }
    }

    /// <summary>Another tail takes its place: whoever waits for this one to move goes on. May be called again.</summary>
    public void Close()
    {
        TaskCompletionSource[] waiting;
        lock (_lock)
        {
            _isClosed = true;
            waiting = TakeWaiting();
        }

        Wake(waiting);
    }

    /// <summary>Takes what a commit appended, after it returned.</summary>
    public void Append(IReadOnlyList<LogEntry> entries, LogHead head)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(head);
        TaskCompletionSource[] moved;
        lock (_lock)
        {
            foreach (var entry in entries)
            {
                _heads.Add(_heads[^1].Then(entry));
                _entries.Add(entry);
                _lengths.Add(_lengths[^1] + FeedJson.MaxLengthOf(entry));
            }

            if (_heads[^1].Chain != head.Chain)
            {
                throw new ArgumentException("The entries do not lead to the head.", nameof(head));
            }

            Forget();
            _answers.Clear();
            moved = TakeWaiting();
        }

        Wake(moved);
    }

    /// <summary>
    /// The answer to <paramref name="request"/> as the log stands; without nonce, times and pace, which the caller fills in.
    /// Null if the range begins before what is held here: read the store, or answer Gone.
    /// </summary>
    public FeedAnswer? Answer(FeedRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (_lock)
        {
            if (request.Epoch != _heads[^1].Epoch)
            {
                return new() { Outcome = FeedOutcome.Gone };
            }

            if (request.After < _heads[0].Position)
            {
                return null;
            }

            var at = _heads.BinarySearch(_heads[0] with { Position = request.After }, ByPosition);
            return at < 0 || (request.Chain is { } chain && chain != _heads[at].Chain)
                ? new() { Outcome = FeedOutcome.Conflict }
                : AnswerFrom(at);
        }
    }

    /// <summary>
    /// How many of <paramref name="entries"/> go into one answer: at most <see cref="MaxEntries"/> and
    /// <see cref="MaxBytes"/>, and at least one.
    /// </summary>
    public static int CountOfOneAnswer(IReadOnlyList<LogEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var (count, length) = (0, 0L);
        while (count < Math.Min(entries.Count, MaxEntries)
            && ((length += FeedJson.MaxLengthOf(entries[count])) <= MaxBytes || count == 0))
        {
            count++;
        }

        return count;
    }

    private static Comparer<LogHead> ByPosition { get; } = Comparer<LogHead>.Create(
        (left, right) => left.Position.CompareTo(right.Position));

    private TaskCompletionSource[] TakeWaiting()
    {
        TaskCompletionSource[] waiting = [.. _moved.OfType<TaskCompletionSource>()];
        Array.Clear(_moved);
        return waiting;
    }

    // Aside: whoever commits does not wait until all who follow are awake.
    private static void Wake(TaskCompletionSource[] waiting)
    {
        foreach (var one in waiting)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static one => one.SetResult(), one, preferLocal: false);
        }
    }

    private FeedAnswer AnswerFrom(int at)
    {
        var after = _heads[at].Position;
        if (!_answers.TryGetValue(after, out var answer))
        {
            var count = CountFrom(at);
            answer = new()
            {
                Outcome = FeedOutcome.Entries,
                Epoch = _heads[^1].Epoch,
                After = after,
                Head = _heads[^1].Position,
                Chain = _heads[at + count].Chain,
                Entries = count == 0 ? [] : _entries.GetRange(at, count),
                More = at + count < _entries.Count,
            };
            if (_answers.Count < MaxAnswers)
            {
                _answers.Add(after, answer);
            }
        }

        return answer;
    }

    private int CountFrom(int at)
    {
        var fitting = _lengths.BinarySearch(_lengths[at] + MaxBytes);
        var count = (fitting < 0 ? ~fitting - 1 : fitting) - at;
        return Math.Min(Math.Clamp(count, 1, MaxEntries), _entries.Count - at);
    }

    // Half at a time, so that forgetting costs a constant per entry.
    private void Forget()
    {
        if (_entries.Count > _capacity)
        {
            var count = _entries.Count - (_capacity / 2);
            _entries.RemoveRange(0, count);
            _heads.RemoveRange(0, count);
            _lengths.RemoveRange(0, count);
        }
    }
}
