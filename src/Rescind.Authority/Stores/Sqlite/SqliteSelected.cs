namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// Which sessions the acts that spare others have selected, for as long as they are not taken back. Such an act is no
/// part of the state of its own match, but of the states of these sessions.
/// </summary>
internal static class SqliteSelected
{
    /// <summary>The newest end that selected a session.</summary>
    public static readonly string NewestEnd = Newest(Effect.End, "?1");

    /// <summary>
    /// What the acts of one effect amount to for a session: the newest of those that selected it. One that is being
    /// taken back counts no more.
    /// </summary>
    public static string Newest(Effect effect, string session, string? without = null) =>
        $"""
        select {LogRows.Act} from selected cross join acts on position = act
        where session = {session} and act_effect = {(long)effect}
            and lifted_by is null{(without is null ? "" : $" and act <> {without}")}
        order by act desc limit 1
        """;

    public static Revocation? FindNewestEnd(SqliteLink link, string session) =>
        link.Prepare(NewestEnd).Bind(session).Find(LogRows.ReadAct);

    public static void Add(SqliteLink link, SelectSession selected) =>
        link.Prepare("insert into selected (session, act_effect, act) values (?1, ?2, ?3)")
            .Bind(selected.SessionId).Bind((long)selected.Effect).Bind(selected.Act).Run();

    public static void Remove(SqliteLink link, UnselectSession unselected) =>
        link.Prepare("delete from selected where session = ?1 and act_effect = ?2 and act = ?3")
            .Bind(unselected.SessionId).Bind((long)unselected.Effect).Bind(unselected.Act).Run();

    /// <inheritdoc cref="HasSelected"/>
    public static bool Has(SqliteLink link, HasSelected selected) =>
        link.Prepare("select 1 from selected where session = ?1 and act_effect = ?2 and act = ?3")
            .Bind(selected.SessionId).Bind((long)selected.Effect).Bind(selected.Act).HasRow();

    /// <summary>Some of those of an act. The verifiers were told of what has a state.</summary>
    public static IReadOnlyList<SelectedSession> Find(SqliteLink link, SelectedBy selected) => link.Prepare(
        """
        select session, exists (select 1 from states where issuer = (select issuer from acts where position = ?1)
            and match_kind = 3 and value = session and name = '')
        from selected where act = ?1 limit ?2
        """).Bind(selected.Act).Bind(selected.Most).ReadAll(static row => new SelectedSession(row.Text(), row.Bool()));
}
