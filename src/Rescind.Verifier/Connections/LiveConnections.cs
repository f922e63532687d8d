using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Connections;

/// <summary>
/// Every live connection whose token one scheme has judged. What the feed brings touches only the connections that it
/// names, through an index; the rest is a queue of the moments at which something is due. While nothing is revoked and
/// nothing is due it does nothing. Safe for concurrent use.
/// </summary>
internal sealed class LiveConnections
{
    /// <summary>How often the queue is looked at, but for closes whose turn is at once.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    /// <summary>By how much the wall clock may drift from the time that passes before it counts as set.</summary>
    private static readonly TimeSpan Drift = TimeSpan.FromSeconds(1);

    private readonly VerifierReplica _held;
    private readonly RouteDemands _demands;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveConnections> _logger;
    private readonly long _begun;
    private readonly TokenIndex<LiveConnection> _index;
    private readonly ConcurrentDictionary<LiveConnection, long> _numbers = new();
    private readonly ConcurrentDictionary<(string Kind, int Code), long> _closed = new();

    // Protects the queue, the close times, each connection's Due and how far ahead the wall clock is.
    private readonly Lock _lock = new();
    private readonly SortedSet<(TimeSpan Due, long Number, LiveConnection Connection)> _queue =
        new(Comparer<(TimeSpan Due, long Number, LiveConnection)>.Create(
            static (left, right) => (left.Due, left.Number).CompareTo((right.Due, right.Number))));
    private readonly CloseTimes _closeTimes;

    // Holds at most one: somebody was shut since the last look.
    private readonly Channel<bool> _shut =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private TimeSpan _ahead;
    private long _last;
    private long _shutEver;
    private volatile bool _isStopping;

    public LiveConnections(
        VerifierReplica held, RouteDemands demands, VerifierClock clock, Renewals renewals, IOptions<VerifierOptions> options,
        ILogger<LiveConnections> logger)
    {
        (_held, _demands, _time, _logger, Renewals) = (held, demands, clock.Time, logger, renewals);
        Options = options.Value.Connections;
        _begun = _time.GetTimestamp();
        _ahead = Wall - Now;
        _index = new(clock.Entropy);
        _closeTimes = new(Options.CloseSpread, clock.Entropy);
    }

    public LiveConnectionOptions Options { get; }

    public Renewals Renewals { get; }

    public TimeProvider Time => _time;

    /// <summary>The monotonic time since the app began.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_begun);

    /// <summary>How many there are, by kind.</summary>
    public IEnumerable<(string Kind, int Count)> Live =>
        _numbers.Keys.CountBy(connection => connection.Kind).Select(kind => (kind.Key, kind.Value));

    /// <summary>How many were closed from here, by kind and code.</summary>
    public IEnumerable<(string Kind, int Code, long Count)> Closed =>
        _closed.Select(pair => (pair.Key.Kind, pair.Key.Code, pair.Value));

    /// <summary>How many there are and were closed, for the Authority; null while there never was one.</summary>
    public ConnectionCounts? Counts => Volatile.Read(ref _last) == 0 ? null : new(_numbers.Count, Volatile.Read(ref _shutEver));

    /// <summary>Looks at what the entries name. They have been applied, and are acknowledged only after this.</summary>
    public void Applied(IReadOnlyList<LogEntry> entries)
    {
        if (entries.Count == 0 || _index.IsEmpty)
        {
            return;
        }

        var touched = new HashSet<LiveConnection>();
        foreach (var entry in entries)
        {
            _index.Find(entry, touched);
        }

        foreach (var connection in touched)
        {
            connection.Look();
        }
    }

    /// <summary>Looks at all: the replica has another map, or has grown too old for one of the routes.</summary>
    public void LookAtAll()
    {
        foreach (var (connection, _) in _numbers)
        {
            connection.Look();
        }
    }

    /// <summary>Whether the app stops: every connection is to end when it is looked at next.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>The app stops: each connection has its turn to be closed, and goes on until then.</summary>
    public void Stop()
    {
        _isStopping = true;
        lock (_lock)
        {
            foreach (var (connection, _) in _numbers)
            {
                Enqueue(connection, _closeTimes.Next(Now));
            }
        }

        _shut.Writer.TryWrite(true);
    }

    /// <summary>Does what is due, and adds the work that it began to <paramref name="work"/>.</summary>
    public void DoWhatIsDue(List<Task> work)
    {
        if (!_numbers.IsEmpty && _held.Replica.Age > _demands.SmallestFreshness)
        {
            LookAtAll();
        }

        if (WasClockSet())
        {
            foreach (var (connection, _) in _numbers)
            {
                connection.Reckon();
            }
        }

        for (var now = Now; TakeDue(now) is { } connection;)
        {
            if (connection.Act() is { } begun)
            {
                work.Add(begun);
            }
        }
    }

    /// <summary>
    /// The verdict on a token that was good when it came. If it is from the future by now the clock was set back: until
    /// that is right nobody can tell.
    /// </summary>
    public Verdict Judge(TokenFacts facts, TimeSpan freshness)
    {
        var verdict = _held.Judge.Decide(facts, freshness);
        return verdict.Kind is VerdictKind.Invalid && IsFromTheFuture(facts) ? Verdict.Unknown(_held.Replica.Age) : verdict;
    }

    /// <summary>How long it is until a second of the wall clock; nothing if it is past.</summary>
    public TimeSpan Until(long unixSeconds)
    {
        var left = TimeSpan.FromSeconds(Math.Min(unixSeconds, TokenFacts.MaxDate)) - Wall;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    public CancellationTokenSource Limit() => new(Options.CloseTimeout, _time);

    public void Add(LiveConnection connection, TokenFacts facts)
    {
        _numbers[connection] = Interlocked.Increment(ref _last);
        _index.Add(facts, connection);
    }

    /// <summary>
    /// Keeps the connection under another token. Nothing finds it in between: whoever asks for this judges anew after
    /// it.
    /// </summary>
    public void Replace(LiveConnection connection, TokenFacts old, TokenFacts facts)
    {
        _index.Remove(old, connection);
        _index.Add(facts, connection);
    }

    public void Remove(LiveConnection connection, TokenFacts facts, ConnectionEnd? end)
    {
        // Its own lock is held: nobody else removes it. Counted as closed before it is live no more.
        if (!_numbers.TryGetValue(connection, out var number))
        {
            return;
        }

        if (end is not null)
        {
            _closed.AddOrUpdate((connection.Kind, end.Code), 1, static (_, count) => count + 1);
        }

        lock (_lock)
        {
            Unschedule(connection, number);
        }

        _index.Remove(facts, connection);
        _numbers.TryRemove(connection, out _);
    }

    /// <summary>Looks at the connection when it is due, at the next tick at the earliest.</summary>
    public void Schedule(LiveConnection connection, TimeSpan due)
    {
        var earliest = Now + Tick;
        lock (_lock)
        {
            Enqueue(connection, due > earliest ? due : earliest);
        }
    }

    /// <summary>A connection is over: delivery has stopped, it is closed when its turn comes.</summary>
    public void Shut(LiveConnection connection, ConnectionEnd end)
    {
        // Before the entry that did it is acknowledged: a receipt counts it.
        Interlocked.Increment(ref _shutEver);
        lock (_lock)
        {
            // The turn of one that ends with the app is what ends it.
            Enqueue(connection, end == ConnectionEnd.Stopping ? Now : _closeTimes.Next(Now));
        }

        _shut.Writer.TryWrite(true);
    }

    /// <summary>Completes when a connection was shut since the last time. One caller at a time.</summary>
    public ValueTask<bool> WaitUntilShutAsync(CancellationToken cancellationToken) => _shut.Reader.ReadAsync(cancellationToken);

    /// <summary>Says that a connection is over. Not under its lock: a logger is code of the app.</summary>
    public void Told(LiveConnection connection, TokenFacts facts, ConnectionEnd end) =>
        VerifierLog.ConnectionShut(_logger, connection.Kind, end.Code, end.Reason, facts.TokenId, facts.SessionId);

    public void Dropped(LiveConnection connection, ConnectionEnd end) =>
        VerifierLog.ConnectionDropped(_logger, connection.Kind, end.Code);

    public void RenewalFailed(LiveConnection connection, Exception failure) =>
        VerifierLog.RenewalFailed(_logger, connection.Kind, failure);

    public void StopFailed(LiveConnection connection, Exception failure) =>
        VerifierLog.StopFailed(_logger, connection.Kind, failure);

    private TimeSpan Wall => _time.GetUtcNow() - DateTimeOffset.UnixEpoch;

    private bool IsFromTheFuture(TokenFacts facts)
    {
        var now = Wall.TotalSeconds;
        return facts.IssuedAt > now || facts.NotBefore > now || facts.AuthTime > now;
    }

    // Or it went on alone while the machine slept. While the app stops each has its turn, which nobody's clock moves.
    private bool WasClockSet()
    {
        var ahead = Wall - Now;
        lock (_lock)
        {
            var isSet = (ahead - _ahead).Duration() > Drift;
            _ahead = isSet ? ahead : _ahead;
            return isSet && !_isStopping;
        }
    }

    private void Enqueue(LiveConnection connection, TimeSpan due)
    {
        if (!_numbers.TryGetValue(connection, out var number))
        {
            return;
        }

        Unschedule(connection, number);
        connection.Due = due;
        _queue.Add((due, number, connection));
    }

    private void Unschedule(LiveConnection connection, long number)
    {
        if (connection.Due is { } due)
        {
            _queue.Remove((due, number, connection));
            connection.Due = null;
        }
    }

    private LiveConnection? TakeDue(TimeSpan now)
    {
        lock (_lock)
        {
            var first = _queue.Count == 0 ? default : _queue.Min;
            if (first.Connection is null || first.Due > now)
            {
                return null;
            }

            Unschedule(first.Connection, first.Number);
            return first.Connection;
        }
    }
}
