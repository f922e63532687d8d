namespace Rescind.Authority.Stores.Sqlite;

/// <summary>A session that an act which spares others has selected.</summary>
/// <param name="Id">Its id.</param>
/// <param name="MayHoldTokens">Whether it may have tokens that can still be used: then the verifiers have to be told.</param>
internal readonly record struct SelectedSession(string Id, bool MayHoldTokens);

/// <summary>
/// Which sessions the acts that spare others have selected, for as long as they are not taken back. Such an act is no part of the state of its own
/// match, but of the states of these sessions.
/// </summary>
internal static class SqliteSelected
{
    /// <summary>The newest end that selected a session.</summary>
    public static readonly string NewestEnd = Newest(Effect.End, "?1");

    /// <summary>What the acts of one effect amount to for a session: the newest of those that selected it. One that is being taken back counts no
    /// more.</summary>
    public static string Newest(Effect effect, string session) =>
        $"""
        select {LogRows.Act} from selected cross join acts on position = act
        where session = {session} and act_effect = {(long)effect} and lifted_by is null order by act desc limit 1
        """;

    public static Revocation? FindNewestEnd(SqliteLink link, string session)
    {
        using var row = link.Prepare(NewestEnd).Bind(session);
        return row.Step() ? LogRows.ReadAct(row) : null;
    }

    public static void Add(SqliteLink link, Revocation act, string session) =>
        link.Prepare("insert into selected (session, act_effect, act) values (?1, ?2, ?3)")
            .Bind(session).Bind((long)act.Effect).Bind(act.Position).Run();

    /// <summary>Takes so many sessions out, at most; returns those of which verifiers were told.</summary>
    public static IReadOnlyList<string> Remove(SqliteLink link, Revocation act, int most)
    {
        var sessions = Find(link, act, most);
        foreach (var (session, _) in sessions)
        {
            link.Prepare("delete from selected where session = ?1 and act_effect = ?2 and act = ?3")
                .Bind(session).Bind((long)act.Effect).Bind(act.Position).Run();
        }

        return [.. sessions.Where(static session => session.IsTold).Select(static session => session.Id)];
    }

    public static bool Has(SqliteLink link, Revocation act, string session)
    {
        using var row = link.Prepare("select 1 from selected where session = ?1 and act_effect = ?2 and act = ?3")
            .Bind(session).Bind((long)act.Effect).Bind(act.Position);
        return row.Step();
    }

    public static bool IsAny(SqliteLink link, Revocation act)
    {
        using var row = link.Prepare("select 1 from selected where act = ?1 limit 1").Bind(act.Position);
        return row.Step();
    }

    private static List<(string Id, bool IsTold)> Find(SqliteLink link, Revocation act, int most)
    {
        using var rows = link.Prepare(
            """
            select session, exists (select 1 from states where issuer = ?2 and match_kind = 3 and value = session and name = '')
            from selected where act = ?1 limit ?3
            """).Bind(act.Position).Bind(act.Issuer).Bind(most);
        var sessions = new List<(string, bool)>();
        while (rows.Step())
        {
            sessions.Add((rows.Text(), rows.Int64() == 1));
        }

        return sessions;
    }
}
