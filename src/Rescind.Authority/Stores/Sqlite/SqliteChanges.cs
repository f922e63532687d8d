namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Writes what a decision changes.</summary>
internal static class SqliteChanges
{
    public static void Apply(SqliteLog log, Changes changes)
    {
        foreach (var change in changes.List)
        {
            if (!ApplyToSession(log.Link, change) && !ApplyToAct(log, change))
            {
                Apply(log, change);
            }
        }
    }

    private static bool ApplyToSession(SqliteLink link, Change change)
    {
        switch (change)
        {
            case RotateSession rotated:
                SqliteSessionRows.Rotate(link, rotated);
                return true;
            case RepeatSession repeated:
                SqliteSessionRows.Repeat(link, repeated);
                return true;
            case InsertSession inserted:
                SqliteSessionRows.Insert(link, inserted.Session);
                return true;
            case ChangeSession changed:
                SqliteSessionRows.Change(link, changed.Number, changed.Session);
                return true;
            case EndSession ended:
                SqliteSessionRows.End(link, ended);
                return true;
            case ReopenSession reopened:
                SqliteSessionRows.Reopen(link, reopened);
                return true;
            default:
                return false;
        }
    }

    private static bool ApplyToAct(SqliteLog log, Change change)
    {
        switch (change)
        {
            case AddAct added:
                SqliteActs.Add(log.Link, added.Act, log.IsOwn(added.Act.Issuer));
                return true;
            case LiftAct lifted:
                SqliteActs.Lift(log.Link, lifted);
                return true;
            case CountAct counted:
                SqliteActs.Count(log.Link, counted.Act, counted.Sessions);
                return true;
            case MoveCutoff moved:
                SqliteActs.Move(log.Link, moved.Act, log.IsOwn(moved.Act.Issuer));
                return true;
            case SelectSession selected:
                SqliteSelected.Add(log.Link, selected);
                return true;
            case UnselectSession unselected:
                SqliteSelected.Remove(log.Link, unselected);
                return true;
            case BeginSpread begun:
                SqliteSpread.Begin(log.Link, begun.Act);
                return true;
            case AdvanceSpread advanced:
                SqliteSpread.Advance(log.Link, advanced);
                return true;
            case EndSpread ended:
                SqliteSpread.End(log.Link, ended.Act);
                return true;
            default:
                return false;
        }
    }

    private static void Apply(SqliteLog log, Change change)
    {
        switch (change)
        {
            case AppendEntry appended:
                log.Append(appended.Entry);
                break;
            case AddAudit note:
                log.Audit(note.Position ?? log.NextPosition(), note.Action, note.Audit, note.About);
                break;
            case KeepAnswer kept:
                SqliteAnswers.Keep(log.Link, kept, log.Options.MaxKeysOfOneActor);
                break;
            case RemoveLogout removed:
                SqliteLogouts.Remove(log.Link, removed.Number);
                break;
            case RaiseRegistry raised:
                log.Raise(raised);
                break;
            case SaveIssuer saved:
                log.SaveIssuer(saved);
                break;
            case RemoveIssuer removed:
                log.RemoveIssuer(removed.Issuer);
                break;
            case SaveKey saved:
                SqliteRegistry.Save(log.Link, saved);
                break;
            case SettleRestore:
                log.Link.Run("update head set restored = 0 where restored = 1");
                break;
            case SaveClient saved:
                SqliteRegistry.Save(log.Link, saved);
                break;
            case RemoveClient removed:
                log.Link.Prepare("delete from clients where id = ?1").Bind(removed.ClientId).Run();
                break;
            default:
                throw new ArgumentException($"SQLite does not write {change.GetType().Name}.", nameof(change));
        }
    }
}
