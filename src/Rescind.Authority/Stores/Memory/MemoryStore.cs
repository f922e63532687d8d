namespace Rescind.Authority.Stores.Memory;

/// <summary>
/// Keeps everything in memory: for tests, and nothing for production, because an acknowledgement promises what a crash
/// would lose. It runs the same decisions as every store: it fetches what they ask for, and commits what they say if
/// nothing was committed meanwhile, else it decides again. Several may share one <see cref="MemoryData"/>, as the nodes
/// of a cluster do. Safe for concurrent use.
/// </summary>
internal sealed class MemoryStore : IAuthorityStore, IAsyncDisposable
{
    /// <summary>How often a decision is made again whose ground another store has changed.</summary>
    public const int MostAttempts = 10;

    /// <summary>How long a clock that has jumped ahead must stand there before anything is dated by it.</summary>
    private static readonly TimeSpan PatienceToStamp = TimeSpan.FromMinutes(1);

    private readonly MemoryData _data;
    private readonly MemoryStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly TimeAtStart _start;

    // One change after the other, in the order in which they came.
    private readonly SemaphoreSlim _turn = new(1);
    private bool _isCounted;
    private long _keptAt;
    private volatile bool _closed;

    private MemoryStore(MemoryData data, MemoryStoreOptions options, TimeProvider time)
    {
        (_data, _options, _time) = (data, options, time);
        (_start, _keptAt) = (data.Start.Then(data.Newest), time.GetTimestamp());
        StampingClock = new(time, time.GetUtcNow(), PatienceToStamp);
        Clock = new(
            time, _start.Past == 0 ? time.GetUtcNow() : DateTimeOffset.FromUnixTimeSeconds(_start.Past),
            SteadyClock.PatienceToForget);
        Facts = new(data, options.Issuer);
        Sessions = new MemorySessions(this);
        Revocations = new MemoryRevocations(this);
        Registry = new MemoryRegistry(this);
        Logouts = new MemoryLogouts(this);
        Nodes = new MemoryNodes(this);
    }

    /// <inheritdoc/>
    public SteadyClock Clock { get; }

    /// <inheritdoc/>
    public SteadyClock StampingClock { get; }

    /// <inheritdoc/>
    public DateTimeOffset Newest
    {
        get
        {
            lock (_data.Lock)
            {
                return DateTimeOffset.FromUnixTimeSeconds(_data.Newest);
            }
        }
    }

    public ISessionStore Sessions { get; }

    public IRevocationStore Revocations { get; }

    public IRegistryStore Registry { get; }

    public ILogoutStore Logouts { get; }

    public INodeStore Nodes { get; }

    /// <inheritdoc/>
    public LogCommitted? Committed { get; set; }

    public MemoryStoreOptions Options => _options;

    /// <summary>Answers what is asked; use it in <see cref="ReadAsync"/>.</summary>
    public MemoryFacts Facts { get; }

    /// <summary>The present second.</summary>
    public long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    public TimeProvider Time => _time;

    /// <summary>Opens the data; the first store begins its log.</summary>
    public static MemoryStore Open(MemoryData data, MemoryStoreOptions options, TimeProvider time, Entropy entropy)
    {
        lock (data.Lock)
        {
            data.Time ??= time;
            if (data.Issuer is null)
            {
                (data.Issuer, data.Head) = (options.Issuer, LogHead.Empty(entropy.NextId()));
                data.LogBase = (default, data.Head.Chain);
            }

            return data.Issuer == options.Issuer
                ? new(data, options, time)
                : throw new StoreUnavailableException(
                    Diagnostics.Errors.OtherIssuer.Sentence($"It is {data.Issuer}, not {options.Issuer}."));
        }
    }

    /// <summary>Reads what is committed.</summary>
    public async Task<T> ReadAsync<T>(Func<MemoryData, T> read, CancellationToken cancellationToken)
    {
        Require(cancellationToken);
        await PassAsync(MemoryStep.Read).ConfigureAwait(false);
        lock (_data.Lock)
        {
            return read(_data);
        }
    }

    /// <summary>Makes a decision and commits what it says.</summary>
    public Task<T> RunAsync<T>(Decision<T> decision, CancellationToken cancellationToken) =>
        RunAsync(_ => decision, cancellationToken);

    /// <summary>
    /// Makes a decision on what is read first, and commits what it says; both anew where another store came between.
    /// </summary>
    public async Task<T> RunAsync<T>(Func<MemoryData, Decision<T>> prepare, CancellationToken cancellationToken)
    {
        Require(cancellationToken);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            for (var attempt = 1; attempt <= MostAttempts; attempt++)
            {
                await PassAsync(MemoryStep.Fetch).ConfigureAwait(false);
                var (decided, present, version) = Decide(prepare, cancellationToken);
                var isConflict = await PassAsync(MemoryStep.Commit).ConfigureAwait(false);
                if (!isConflict && TryCommit(decided, present, version, out var commit))
                {
                    await HandOverAsync(commit).ConfigureAwait(false);
                    await PassAsync(MemoryStep.Answer).ConfigureAwait(false);
                    return decided.Outcome;
                }
            }

            throw new StoreUnavailableException($"Others wrote {MostAttempts} times meanwhile. Nothing was recorded.");
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes what no decision is about.</summary>
    public async Task<T> WriteAsync<T>(Func<MemoryData, T> write, CancellationToken cancellationToken)
    {
        Require(cancellationToken);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await PassAsync(MemoryStep.Fetch).ConfigureAwait(false);
            await PassAsync(MemoryStep.Commit).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            T written;
            lock (_data.Lock)
            {
                CountOpening();
                written = write(_data);
                _data.Version++;
            }

            await PassAsync(MemoryStep.Answer).ConfigureAwait(false);
            return written;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The outcome of a decision that writes nothing; use it in <see cref="ReadAsync"/>.</summary>
    public T Look<T>(Decision<T> decision) => Decide(decision, PresentOf(_data)).Outcome;

    /// <summary>Keeps the time that is believed, for the next start.</summary>
    public void KeepBelieved(MemoryData data, long believed)
    {
        // While the wall clock is doubted nothing speaks for what was believed of it before.
        var open = Clock.Doubt is null ? _time.GetElapsedTime(_keptAt) : TimeSpan.Zero;
        data.Start = data.Start.After(believed, open);
        _keptAt = _time.GetTimestamp();
    }

    /// <summary>Ends with what is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_closed)
        {
            _closed = true;
            await _turn.WaitAsync().ConfigureAwait(false);
            _turn.Release();
        }
    }

    private (Decided<T> Decided, Present Present, long Version) Decide<T>(
        Func<MemoryData, Decision<T>> prepare, CancellationToken cancellationToken)
    {
        lock (_data.Lock)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var present = PresentOf(_data);
            return (Decide(prepare(_data), present), present, _data.Version);
        }
    }

    private Decided<T> Decide<T>(Decision<T> decision, Present present)
    {
        var step = decision.Begin(present);
        while (step is Asked<T> asked)
        {
            step = asked.Answer(Facts);
        }

        return (Decided<T>)step;
    }

    private bool TryCommit<T>(Decided<T> decided, Present present, long version, out LogCommit? commit)
    {
        commit = null;
        lock (_data.Lock)
        {
            if (_data.Version != version || !MemoryChanges.Hold(_data, decided.Changes.Conditions))
            {
                return false;
            }

            var appended = MemoryChanges.Apply(_data, decided.Changes, present, _options.MaxKeysOfOneActor);
            CountOpening();
            commit = appended.Count > 0 ? new(present.Head.Position, appended, _data.Head) : null;
            return true;
        }
    }

    // Still in turn: what this store commits is handed over in its order.
    private async ValueTask HandOverAsync(LogCommit? commit)
    {
        if (commit is not null && Committed is { } committed)
        {
            await committed(commit).ConfigureAwait(false);
        }
    }

    private void CountOpening()
    {
        if (!_isCounted)
        {
            _data.Start = _start.At(Math.Max(Now, _data.Head.At));
            _isCounted = true;
        }
    }

    private Present PresentOf(MemoryData data) =>
        Present.At(_options.Issuer, new(data.Head, data.Registry), data.Last, _time.GetUtcNow(), data.Newest, StampingClock)
            with { Minted = data.Minted };

    // Whether the step is to be taken for a conflict.
    private async ValueTask<bool> PassAsync(MemoryStep step) =>
        _options.Before is { } before && await before(step).ConfigureAwait(false) switch
        {
            MemoryFault.None => false,
            MemoryFault.Conflict when step is MemoryStep.Commit => true,
            _ => throw new StoreUnavailableException(step is MemoryStep.Answer
                ? "Whether the change is durable is not known: repeat it."
                : "Nothing was recorded."),
        };

    private void Require(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_closed)
        {
            throw new StoreUnavailableException("The store is closed.");
        }
    }
}
