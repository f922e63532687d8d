namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// Runs decisions on the writer's thread, inside its transaction: what they ask for is looked up at once, and what they
/// rest on cannot change before it is written.
/// </summary>
internal static class SqliteDecisions
{
    public static T Run<T>(SqliteLog log, Decision<T> decision)
    {
        var decided = Decide(new SqliteFacts(log.Link, log.Options.Issuer, log), log.ReadPresent(), decision);
        log.GiveOut(decided.Changes.Last);
        log.Mint(decided.Changes.Minted);
        SqliteChanges.Apply(log, decided.Changes);
        return decided.Outcome;
    }

    /// <summary>The outcome of a decision that writes nothing, on a reader.</summary>
    public static T Look<T>(SqliteLink link, string ownIssuer, DateTimeOffset now, Decision<T> decision)
    {
        var head = SqliteLog.ReadHead(link);
        var present = new Present(
            ownIssuer, head, SqliteLog.ReadRegistry(link), head.Position, now, Newest: head.At, Doubt: null);
        return Decide(new SqliteFacts(link, ownIssuer), present, decision).Outcome;
    }

    private static Decided<T> Decide<T>(SqliteFacts facts, Present present, Decision<T> decision)
    {
        var step = decision.Begin(present);
        while (step is Asked<T> asked)
        {
            step = asked.Answer(facts);
        }

        return (Decided<T>)step;
    }
}
