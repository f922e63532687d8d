namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Answers from the rows, as the transaction of its connection sees them.</summary>
/// <param name="link">The connection.</param>
/// <param name="ownIssuer">Our own issuer.</param>
/// <param name="log">The writer's, which knows the records of issuers; null on a reader.</param>
internal sealed class SqliteFacts(SqliteLink link, string ownIssuer, SqliteLog? log = null) : IFacts
{
    public TFact Get<TFact>(Want<TFact> want) => (TFact)Find(want)!;

    private object? Find(Want want) => want switch
    {
        SessionById session => SqliteSessionRows.Find(link, session.Id, session.IsToEnd),
        ActsTouching touching => SqliteSessionActs.FindTouching(link, ownIssuer, touching.Session, touching.Now),
        StateOf state => SqliteActs.FindState(link, state.Issuer, state.Match),
        IssuerOf { OrRemoved: false } issuer => log is null
            ? SqliteLog.FindIssuer(link, issuer.Issuer)
            : log.FindIssuer(issuer.Issuer),
        _ => FindRare(want),
    };

    // What no refresh asks.
    private object? FindRare(Want want) => want switch
    {
        SessionsNamed named => SqliteAffected.FindNamed(link, ownIssuer, named),
        NamesMoreThan names => SqliteAffected.IsMoreThan(link, ownIssuer, names.Match, names.Most),
        ActAt act => SqliteActs.Find(link, act.Position),
        ActsOn acts => SqliteActs.FindOn(link, acts),
        NewestOwnEnd end => SqliteActs.FindOwnEnd(link, end),
        OwnSparingEnds ends => SqliteActs.FindOwnSparingEnds(link, ends),
        FurthestEndOf end => SqliteActs.FindFurthestEnd(link, ownIssuer, end.Subject),
        OldestEndOf end => SqliteActs.FindOldestEnd(link, ownIssuer, end),
        SelectedBy selected => SqliteSelected.Find(link, selected),
        HasSelected selected => SqliteSelected.Has(link, selected),
        SpreadOf spread => SqliteSpread.Find(link, spread.Act),
        AnswerTo answer => SqliteAnswers.Find(link, answer),
        IssuerOf issuer => SqliteLog.FindIssuer(link, issuer.Issuer, issuer.OrRemoved),
        KeyInLog key => SqliteRegistry.FindInLog(link, key.Id),
        IsNoted note => SqliteRegistry.IsNoted(link, note),
        IsWaiting logout => SqliteLogouts.IsWaiting(link, logout),
        _ => throw new ArgumentException($"SQLite does not answer {want.GetType().Name}.", nameof(want)),
    };
}
