using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Writes what a decision changes. What rests on the head holds its row; what rests on the row of a session changes it
/// on condition of its generation; what else rests on such a row (that a token was reused) only ever gets truer.
/// </summary>
internal static class PostgresChanges
{
    /// <summary>Whether nodes may write it side by side.</summary>
    public static bool MayGoWithoutHead(Changes changes) =>
        changes.Conditions.All(static condition => condition is SessionIs)
        && changes.List.All(static change =>
            change is InsertSession or RotateSession or RepeatSession or RemoveLogout or AddAudit { Position: null });

    public static void Add(PostgresTransaction transaction, Changes changes)
    {
        foreach (var change in changes.List)
        {
            if (!AddOfSession(transaction, change) && !AddOfAct(transaction, change) && !AddOfRegistry(transaction, change))
            {
                throw new ArgumentException($"PostgreSQL does not write {change.GetType().Name}.", nameof(changes));
            }
        }
    }

    private static bool AddOfSession(PostgresTransaction transaction, Change change)
    {
        var link = transaction.Link;
        switch (change)
        {
            case RotateSession rotated:
                transaction.Changed(rotated.Number);
                link.Add(PostgresSessionRows.Rotate(rotated), mustChange: 1);
                return true;
            case RepeatSession repeated:
                transaction.Changed(repeated.Number);
                link.Add(PostgresSessionRows.Repeat(repeated), mustChange: 1);
                return true;
            case InsertSession inserted:
                link.Add(PostgresSessionRows.Insert(transaction.Node.Options.Issuer, inserted.Session));
                return true;
            case ChangeSession changed:
                PostgresSessionRows.Change(link, transaction.Node.Options.Issuer, changed.Number, changed.Session);
                return true;
            case EndSession ended:
                link.Add(PostgresSessionRows.End(ended));
                return true;
            case ReopenSession reopened:
                link.Add(PostgresSessionRows.Reopen(reopened));
                return true;
            case RemoveLogout removed:
                link.Add(PostgresLogoutRows.Delete(removed));
                return true;
            default:
                return false;
        }
    }

    private static bool AddOfAct(PostgresTransaction transaction, Change change)
    {
        var statement = change switch
        {
            AddAct added => PostgresActs.Insert(added.Act, transaction.Node.IsOwn(added.Act.Issuer)),
            LiftAct lifted => PostgresActs.Lift(lifted),
            CountAct counted => PostgresActs.Count(counted),
            MoveCutoff moved => PostgresActs.Move(moved.Act, transaction.Node.IsOwn(moved.Act.Issuer)),
            SelectSession selected => PostgresSelected.Insert(selected),
            UnselectSession unselected => PostgresSelected.Delete(unselected),
            BeginSpread begun => PostgresSpread.Begin(begun.Act),
            AdvanceSpread advanced => PostgresSpread.Advance(advanced),
            EndSpread ended => PostgresSpread.End(ended.Act),
            _ => null,
        };
        if (statement is not null)
        {
            transaction.Link.Add(statement);
        }

        return statement is not null;
    }

    private static bool AddOfRegistry(PostgresTransaction transaction, Change change)
    {
        var link = transaction.Link;
        switch (change)
        {
            case AppendEntry appended:
                transaction.Append(appended.Entry);
                return true;
            case AddAudit line:
                transaction.Audit(line);
                return true;
            case KeepAnswer kept:
                PostgresAnswers.Keep(link, kept, transaction.Node.Options.MaxKeysOfOneActor);
                return true;
            case RaiseRegistry raised:
                transaction.RaiseRegistry(raised.Version);
                return true;
            case SaveIssuer saved:
                link.Add(PostgresRegistryRows.Save(saved));
                return true;
            case RemoveIssuer removed:
                link.Add(PostgresRegistryRows.Remove(removed));
                return true;
            case SaveKey saved:
                link.Add(PostgresRegistryRows.Save(saved));
                return true;
            case SettleRestore:
                link.Add("update head set restored = false where restored");
                return true;
            case SaveClient saved:
                link.Add(PostgresRegistryRows.Save(saved));
                return true;
            case RemoveClient removed:
                link.Add(PostgresRegistryRows.Remove(removed));
                return true;
            default:
                return false;
        }
    }
}
