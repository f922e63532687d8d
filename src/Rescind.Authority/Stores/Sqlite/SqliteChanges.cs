namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Writes what a decision changes.</summary>
internal static class SqliteChanges
{
    public static void Apply(SqliteLog log, Changes changes)
    {
        foreach (var change in changes.List)
        {
            Apply(log, change);
        }
    }

    private static void Apply(SqliteLog log, Change change)
    {
        switch (change)
        {
            case RotateSession rotated:
                SessionRows.Rotate(log.Link, rotated);
                break;
            case RepeatSession repeated:
                SessionRows.Repeat(log.Link, repeated);
                break;
            case EndSession ended:
                SessionRows.End(log.Link, ended.Id, ended.By, ended.At);
                break;
            case AppendAct act:
                SqliteActs.AppendAt(log, act.Position, act.Draft, act.Subject);
                break;
            case AddAudit note:
                log.Audit(note.Position ?? log.NextPosition(), note.Action, note.Audit, note.About);
                break;
            default:
                throw new ArgumentException($"SQLite does not write {change.GetType().Name}.", nameof(change));
        }
    }
}
