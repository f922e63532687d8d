namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// Runs decisions on the writer's thread, inside its transaction: what they ask for is looked up at once, and what they rest on cannot change before
/// it is written.
/// </summary>
internal static class SqliteDecisions
{
    public static T Run<T>(SqliteLog log, Decision<T> decision)
    {
        var facts = new SqliteFacts(log);
        var step = decision.Begin(log.ReadPresent());
        while (step is Asked<T> asked)
        {
            step = asked.Answer(facts);
        }

        var decided = (Decided<T>)step;
        log.GiveOut(decided.Changes.Last);
        SqliteChanges.Apply(log, decided.Changes);
        return decided.Outcome;
    }
}
