using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>Collects what a decision writes, and gives out its positions.</summary>
internal sealed class ChangeList(Present present)
{
    private readonly List<Change> _changes = [];
    private readonly List<Condition> _conditions = [];
    private LogPosition _last = present.Last;
    private bool _appends;

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

    /// <summary>Appends an act, refused while the clock is not believed or too far behind the newest entry. Returns its position.</summary>
    public LogPosition Append(RevocationDraft draft, string? subject = null)
    {
        Present.RequireBelievedClock();
        if (ClockRefusal.OfLag(Present.Head, Present.Now) is { } refusal)
        {
            throw new ClockRefusedException(refusal);
        }

        _appends = true;
        _last = _last.Next(Present.Now);
        Add(new AppendAct(_last, draft, subject));
        return _last;
    }

    /// <summary>Notes something in the audit trail, refused while the clock is not believed.</summary>
    public ChangeList Note(string action, AuditContext audit, AuditSubject about)
    {
        Present.RequireBelievedClock();
        _last = _last.Next(Present.Now);
        return Add(new AddAudit(_last, action, audit, about));
    }

    /// <summary>All of it. Whoever appends rests on the head; for whoever does not, the store numbers the notes.</summary>
    public Changes Build() => _appends
        ? new(_changes, [new HeadIs(Present.Head.Position), .. _conditions], _last)
        : new([.. _changes.Select(static change => change is AddAudit note ? note with { Position = null } : change)], _conditions, default);
}
