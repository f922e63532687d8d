using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>Collects what a decision writes, and gives out its positions.</summary>
internal sealed class ChangeList(Present present)
{
    private readonly List<Change> _changes = [];
    private readonly List<Condition> _conditions = [];
    private LogPosition _last = present.Last;
    private bool _isNumbered;
    private bool _changesRegistry;

    public Present Present { get; } = present;

    public ChangeList Add(Change change)
    {
        _changes.Add(change);
        return this;
    }

    public ChangeList If(Condition condition)
    {
        _conditions.Add(condition);
        return this;
    }

    /// <summary>Adds what changes a client, a key or an issuer: the registry gets its next version, once for all of it.</summary>
    public ChangeList AddToRegistry(Change change)
    {
        if (!_changesRegistry)
        {
            _changesRegistry = true;
            If(new RegistryIs(Present.Registry)).Add(new RaiseRegistry(Registry));
        }

        return Add(change);
    }

    /// <summary>The version of the registry once this is written.</summary>
    public long Registry => _changesRegistry ? Present.Registry + 1 : Present.Registry;

    /// <summary>
    /// The next position of the log, refused while the clock is not believed or too far behind the newest entry.
    /// </summary>
    public LogPosition NextEntry() =>
        ClockRefusal.OfLag(Present.Head, Present.Now) is { } refusal ? throw new ClockRefusedException(refusal) : Next();

    /// <summary>The next position of what is no entry of the log, refused while the clock is not believed.</summary>
    public LogPosition Next()
    {
        _isNumbered = true;
        return Advance();
    }

    /// <summary>Appends what holds for a match from <paramref name="position"/> on.</summary>
    public ChangeList Append(LogPosition position, string issuer, Match match, RevocationState state) =>
        Append(new()
        {
            Kind = LogEntryKind.State, Position = position, At = Present.Second, Issuer = issuer, Match = match, State = state
        });

    /// <summary>Appends a record of the registry.</summary>
    public ChangeList Append(LogPosition position, LogEntryKind kind, string issuer, Match match, string? record) =>
        Append(new() { Kind = kind, Position = position, At = Present.Second, Issuer = issuer, Match = match, Record = record });

    /// <summary>Notes something in the audit trail, refused while the clock is not believed.</summary>
    public ChangeList Note(string action, AuditContext audit, AuditSubject about) => Note(Advance(), action, audit, about);

    /// <summary>Notes in the audit trail what has a position.</summary>
    public ChangeList Note(LogPosition position, string action, AuditContext audit, AuditSubject about) =>
        Add(new AddAudit(position, action, audit, about));

    /// <summary>All of it. What has positions rests on the head; where nothing else has, the store numbers the notes.</summary>
    public Changes Build() => _isNumbered
        ? new(_changes, [new HeadIs(Present.Head.Position), .. _conditions], _last)
        : new(
            [.. _changes.Select(static change => change is AddAudit note ? note with { Position = null } : change)],
            _conditions, default);

    private ChangeList Append(LogEntry entry) => Add(new AppendEntry(entry));

    private LogPosition Advance()
    {
        Present.RequireBelievedClock();
        return _last = _last.Next(Present.Now);
    }
}
