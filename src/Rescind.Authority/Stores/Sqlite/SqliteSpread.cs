using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>The acts that are being spread over time, and the sessions that they reach next.</summary>
internal static class SqliteSpread
{
    /// <summary>
    /// The most sessions that are looked at in one look: those that are over stay where they are, and there may be very many.
    /// </summary>
    private const int MostLooked = 5_000;

    private const string Open = $"select after, sought, {LogRows.Act} from spreads cross join acts on position = act";

    /// <summary>Begins to spread an act, or to undo that bite by bite.</summary>
    public static void Begin(SqliteLink link, LogPosition act) =>
        link.Prepare("insert or ignore into spreads (act, after, sought) values (?1, 0, 0)").Bind(act).Run();

    public static void Advance(SqliteLink link, AdvanceSpread advanced) =>
        link.Prepare("update spreads set after = ?1, sought = ?2 where act = ?3")
            .Bind(advanced.After).Bind(advanced.Scanned).Bind(advanced.Act).Run();

    public static void End(SqliteLink link, LogPosition act) =>
        link.Prepare("delete from spreads where act = ?1").Bind(act).Run();

    public static OpenSpread? Find(SqliteLink link, LogPosition act) =>
        link.Prepare(Open + " where act = ?1").Bind(act).Find(LogRows.ReadSpread);

    /// <summary>All that is not finished.</summary>
    public static IReadOnlyList<OpenSpread> FindOpen(SqliteLink link) => link.Prepare(Open).ReadAll(LogRows.ReadSpread);

    /// <summary>
    /// What the next step at <paramref name="now"/> needs; null if there is none to take. Looked for on a reader: most
    /// of the time nothing is due, and the writer is left to others.
    /// </summary>
    public static SoughtSessions? FindStep(SqliteLink link, string ownIssuer, OpenSpread spread, long now)
    {
        var due = SpreadPace.DueAt(spread, now) is > 0 and var most
            ? Seek(link, ownIssuer, spread.Act, spread.After, now, most)
            : new([], spread.After, IsMore: false);
        return SpreadPace.IsDue(spread, due, ownIssuer, now, () => SqliteLog.FindIssuer(link, spread.Act.Issuer)) ? due : null;
    }

    /// <summary>
    /// Looks after a row for sessions that an act touches: for so many, and at so many as are looked at in one look.
    /// </summary>
    public static SoughtSessions Seek(SqliteLink link, string ownIssuer, Revocation act, long after, long now, int most)
    {
        var (found, looked, to) = (new List<Session>(), 0, after);
        foreach (var row in SqliteAffected.Find(link, ownIssuer, act, after))
        {
            if (SqliteAffected.IsTouched(link, ownIssuer, act, row.Session, now))
            {
                found.Add(row.Session);
            }

            (looked, to) = (looked + 1, row.Number);
            if (found.Count == most || looked == MostLooked)
            {
                return new(found, to, IsMore: found.Count < most || most == SpreadDecision.MostAtOnce);
            }
        }

        return new(found, to, IsMore: false);
    }
}
