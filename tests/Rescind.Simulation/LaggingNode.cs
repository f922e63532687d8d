namespace Rescind.Simulation;

/// <summary>
/// A second node over the same disk that reads it only now and then, and says honestly how old its knowledge is.
/// </summary>
internal sealed class LaggingNode : FeedNode
{
    private readonly SimulatedAuthority _authority;
    private Disk _known;
    private long _read;

    public LaggingNode(World world, SimulatedAuthority authority)
        : base(world, "second node")
    {
        _authority = authority;
        _known = authority.Disk;
        Restart();
    }

    /// <summary>The longest time between two looks at the disk.</summary>
    public TimeSpan Lag { get; set; } = TimeSpan.FromMilliseconds(200);

    protected override TimeSpan Age => Machine.GetElapsedTime(_read);

    protected override (LogHead Head, IReadOnlyList<LogEntry> Entries) ReadSnapshot() => (_known.Head, _known.Snapshot());

    /// <summary>Starts on the disk as it is: nodes are stopped while a backup is put back.</summary>
    public void Restart()
    {
        Start(_authority.Disk.Head.At);
        (_known, _read) = (_authority.Disk, Machine.GetTimestamp());
        Tail = new(_known.Head, capacity: 32);
        LookAgain();
    }

    private void LookAgain() => World.After(World.Chance.Between(Lag / 4, Lag), Machine, () =>
    {
        if (_known.Head.Position < _authority.Disk.Base.Position)
        {
            Restart();
            return;
        }

        _read = Machine.GetTimestamp();
        var news = _authority.Disk.Log.Where(row => row.Head.Position > _known.Head.Position).ToList();
        _known = _authority.Disk;
        if (news.Count > 0)
        {
            Tail.Append([.. news.Select(row => row.Entry)], _known.Head);
            Wake();
        }

        LookAgain();
    });
}
