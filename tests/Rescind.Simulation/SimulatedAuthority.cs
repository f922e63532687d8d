namespace Rescind.Simulation;

/// <summary>An Authority of the product's pure parts over a fake disk: it commits, then serves, then acknowledges.</summary>
internal sealed class SimulatedAuthority : FeedNode
{
    private readonly Promises _promises;
    private readonly Dictionary<string, LogPosition> _applied = new(StringComparer.Ordinal);
    private int _keys;
    private SteadyClock _stamping = null!;

    public SimulatedAuthority(World world, Promises promises)
        : base(world, "authority")
    {
        _promises = promises;
        Disk = Disk.Empty("epoch-0");
        _promises.Committed(Disk);
        Restart();
        Commit(Disk.Append(NextEntry(LogEntryKind.Issuer, Match.Issuer, Minted.Record.ToJson())));
        AddKey();
    }

    public Disk Disk { get; private set; }

    public string Key { get; private set; } = "";

    protected override TimeSpan Age => TimeSpan.Zero;

    /// <summary>Whether anything may be dated now.</summary>
    public bool AcceptsClock => Disk.Head.AcceptsClock(Machine.GetUtcNow()) && _stamping.Doubt is null;

    /// <summary>Whether a receipt would say that a verifier has applied <paramref name="position"/>.</summary>
    public bool CountsAsApplied(string instance, LogPosition position) => _applied.GetValueOrDefault(instance) >= position;

    protected override (LogHead Head, IReadOnlyList<LogEntry> Entries) ReadSnapshot() => (Disk.Head, Disk.Snapshot());

    public void Restart()
    {
        Start(Disk.Head.At);
        _stamping = new(Machine, Machine.GetUtcNow(), TimeSpan.FromMinutes(1));
        _applied.Clear();
        Tail = new(Disk.Head, capacity: 32);
    }

    /// <summary>The disk as it was in a backup. With a new epoch, every key is replaced, as <c>restore</c> does.</summary>
    public void Restore(Disk backup, string? epoch)
    {
        _promises.Lost(backup, replacesKeys: epoch is not null);
        Disk = epoch is null ? backup : backup.Reopen(epoch);
        _promises.Committed(Disk);
        Restart();
        if (epoch is null)
        {
            Key = Disk.Records.Values.Where(entry => entry is { Kind: LogEntryKind.Key, Record: not null }).MaxBy(entry =>
                entry.Position.Value)!.Match!.Value!;
            return;
        }

        foreach (var old in Disk.Records.Values.Where(entry => entry is { Kind: LogEntryKind.Key, Record: not null })
            .OrderBy(entry =>
                entry.Position.Value))
        {
            Commit(Disk.Append(NextEntry(LogEntryKind.Key, old.Match!, null)));
        }

        AddKey();
    }

    public void AddKey()
    {
        Key = $"k{_keys++}";
        Commit(Disk.Append(NextEntry(LogEntryKind.Key, Match.Key(Key), $$"""{"kid":"{{Key}}"}""")));
    }

    public Minted Mint(int number, string session, string subject, string client, string tenant) =>
        new($"j{number}", session, subject, client, tenant, Key, Disk.Head.Position, Machine.GetUtcNow().ToUnixTimeSeconds());

    public void Revoke(Match match, Effect effect, long second)
    {
        var next = Disk.Head.Next(Machine.GetUtcNow());
        var cutoff = effect is Effect.Block ? second : next.At;
        var act = new Revocation
        {
            Position = next.Position,
            At = next.At,
            Issuer = Minted.Issuer,
            Match = match,
            Effect = effect,
            Second = cutoff,
            Reason = "simulated",
            Actor = "client:simulation",
            RememberUntil = Retention.RememberUntil(match, effect, next.At, cutoff, null, Minted.Record),
        };
        var known = _promises.Appended(act);
        Commit(Disk.With(Disk.Acts.Add(act), match, next));

        // Committed, and only then acknowledged; a kill in between leaves it in the log and the caller without an answer.
        World.After(World.Chance.Milliseconds(0, 5), Machine, () => _promises.Acknowledged(known));
    }

    public void Lift(Revocation act)
    {
        var next = Disk.Head.Next(Machine.GetUtcNow());
        _promises.Lifted(act.Position);
        Commit(Disk.With(Disk.Acts.Replace(act, act with { LiftedBy = next.Position }), act.Match, next));
    }

    public void Forget(bool trimsLog, long keptSeconds)
    {
        var now = Clock.Believed.ToUnixTimeSeconds();
        Disk = Disk.ForgetStates(now - Retention.ForgettingMargin);
        Disk = trimsLog ? Disk.Trim(now - keptSeconds) : Disk;
    }

    protected override FeedAnswer ReadOlder(FeedRequest request)
    {
        var before = request.After == Disk.Base.Position
            ? Disk.Base
            : Disk.Log.Find(row => row.Head.Position == request.After).Head;
        if (before is null)
        {
            return new() { Outcome = request.After < Disk.Base.Position ? FeedOutcome.Gone : FeedOutcome.Conflict };
        }

        var entries = Disk.Log.Where(row => row.Head.Position > request.After).Select(row => row.Entry).Take(20).ToList();
        return request.Chain is { } chain && chain != before.Chain ? new() { Outcome = FeedOutcome.Conflict } : new()
        {
            Outcome = FeedOutcome.Entries,
            Epoch = Disk.Head.Epoch,
            After = request.After,
            Head = Disk.Head.Position,
            Chain = entries.Aggregate(before, (head, entry) => head.Then(entry)).Chain,
            Entries = entries,
            More = entries.Count > 0 && entries[^1].Position < Disk.Head.Position,
        };
    }

    protected override void Hear(FeedRequest request, FeedAnswer answer)
    {
        if (request.Follower is { } follower && answer.Outcome is FeedOutcome.Entries)
        {
            _applied[follower.Instance] = request.After;
        }
    }

    private LogEntry NextEntry(LogEntryKind kind, Match match, string? record)
    {
        var (position, at) = Disk.Head.Next(Machine.GetUtcNow());
        return new() { Kind = kind, Position = position, At = at, Issuer = Minted.Issuer, Match = match, Record = record };
    }

    private void Commit(Disk disk)
    {
        Disk = disk;
        _promises.Committed(disk);
        Tail.Append([disk.Log[^1].Entry], disk.Head);
        Wake();
    }
}
