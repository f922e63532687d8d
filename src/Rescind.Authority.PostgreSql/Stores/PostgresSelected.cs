using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Which sessions the acts that spare others have selected, for as long as they are not taken back. Such an act is no
/// part of the state of its own match, but of the states of these sessions.
/// </summary>
internal static class PostgresSelected
{
    /// <summary>
    /// What the acts of one effect amount to for a session: the newest of those that selected it. One that is being
    /// taken back counts no more.
    /// </summary>
    public static string Newest(Effect effect, string session, string? without = null) =>
        $"""
        select {LogRows.Act} from selected join acts on position = act
        where session = {session} and act_effect = {(long)effect}
            and lifted_by is null{(without is null ? "" : $" and act <> {without}")}
        order by act desc limit 1
        """;

    public static PostgresStatement Insert(SelectSession selected) =>
        new PostgresStatement("insert into selected (session, act_effect, act) values ($1, $2, $3)")
            .Bind(selected.SessionId).Bind((long)selected.Effect).Bind(selected.Act);

    public static PostgresStatement Delete(UnselectSession unselected) =>
        new PostgresStatement("delete from selected where session = $1 and act_effect = $2 and act = $3")
            .Bind(unselected.SessionId).Bind((long)unselected.Effect).Bind(unselected.Act);

    /// <inheritdoc cref="HasSelected"/>
    public static Task<bool> HasAsync(PostgresLink link, HasSelected selected) => link.HasAsync(
        new PostgresStatement("select 1 from selected where session = $1 and act_effect = $2 and act = $3")
            .Bind(selected.SessionId).Bind((long)selected.Effect).Bind(selected.Act));

    /// <summary>Some of those of an act. The verifiers were told of what has a state.</summary>
    public static async Task<IReadOnlyList<SelectedSession>> FindAsync(PostgresLink link, SelectedBy selected)
    {
        var issuer = await link.FindAsync(
            new PostgresStatement("select issuer from acts where position = $1").Bind(selected.Act),
            static row => row.Text()).ConfigureAwait(false);
        var sessions = await link.ReadAsync(
            new PostgresStatement("select session from selected where act = $1 limit $2").Bind(selected.Act).Bind(selected.Most),
            static row => row.Text()).ConfigureAwait(false);
        if (issuer is null || sessions.Count == 0)
        {
            return [];
        }

        byte[][] keys = [.. sessions.Select(session => MatchKey.Of(issuer, Match.Session(session)))];
        var told = await link.ReadAsync(
            new PostgresStatement(
                "select number from unnest($1::bytea[]) with ordinality as asked(key, number) join states using (key)")
                .Bind(keys),
            static row => row.Int64()).ConfigureAwait(false);
        var numbers = told.ToHashSet();
        return [.. sessions.Select((session, index) => new SelectedSession(session, numbers.Contains(index + 1)))];
    }
}
