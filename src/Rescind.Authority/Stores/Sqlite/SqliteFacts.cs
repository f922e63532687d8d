namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Answers from the rows, as the writer's transaction sees them.</summary>
internal sealed class SqliteFacts(SqliteLog log) : IFacts
{
    public TFact Get<TFact>(Want<TFact> want) => (TFact)Find(want)!;

    private object? Find(Want want) => want switch
    {
        SessionById session => SessionRows.Find(log.Link, session.Id),
        ActsTouching touching => SqliteSessionActs.FindTouching(log.Link, log.Options.Issuer, touching.Session, touching.Now),
        NewestOwnEnd end => SqliteActs.FindOwnEnd(log.Link, end.Issuer, end.Match, end.Actor),
        IssuerOf issuer => log.FindIssuer(issuer.Issuer),
        _ => throw new ArgumentException($"SQLite does not answer {want.GetType().Name}.", nameof(want)),
    };
}
