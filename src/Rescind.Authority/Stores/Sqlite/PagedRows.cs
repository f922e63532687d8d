namespace Rescind.Authority.Stores.Sqlite;

/// <summary>One thing that narrows a list, and the index that has its rows in the order of their positions.</summary>
/// <param name="Index">The name of the index.</param>
/// <param name="Condition">The condition, with a parameter for each value.</param>
/// <param name="Bind">Binds the values.</param>
internal sealed record NarrowedBy(string Index, string Condition, Func<SqliteStatement, SqliteStatement> Bind);

/// <summary>
/// A list in the order of positions, which several things may narrow at once. SQLite does not know which of them leaves
/// few rows, and would walk all that a busy actor did for two acts on one person. So each index is asked how far its
/// next few thousand rows reach, and the one that reaches furthest is read, no further than that: where each of them
/// leaves very many rows, pages come short.
/// </summary>
/// <param name="Table">What is listed.</param>
/// <param name="Columns">What is read of a row.</param>
/// <param name="NewestFirst">Whether positions fall.</param>
/// <param name="Read">Reads the columns.</param>
/// <param name="Measure">Where a row stands, and how many bytes it has in an answer.</param>
internal sealed record PagedRows<T>(
    string Table, string Columns, bool NewestFirst, Func<SqliteStatement, T> Read,
    Func<T, (LogPosition Position, long Length)> Measure)
{
    /// <summary>The most rows that are looked at for one page.</summary>
    public const int MostLooked = 5_000;

    private string Order => NewestFirst ? "position desc" : "position";

    /// <summary>A page of what comes after a position.</summary>
    /// <param name="link">The connection.</param>
    /// <param name="asked">What narrows the list; first what mostly leaves fewest.</param>
    /// <param name="after">The position.</param>
    /// <param name="limit">The most rows.</param>
    public ListPage<T> Page(SqliteLink link, IReadOnlyList<NarrowedBy> asked, LogPosition after, int limit)
    {
        var (near, end) = Page(link, asked, after, limit, looked: limit + 1);
        return end is not null && near.Rows.Count < limit && near.Next == end
            ? Page(link, asked, after, limit, MostLooked).Page
            : near;
    }

    private (ListPage<T> Page, LogPosition? End) Page(
        SqliteLink link, IReadOnlyList<NarrowedBy> asked, LogPosition after, int limit, int looked)
    {
        var (by, end) = Narrowest(link, asked, after, looked);
        using var rows = link.Prepare(PageSql(asked, by)).Bind(after).Bind(end ?? (NewestFirst ? default : Newest));
        foreach (var narrowing in asked)
        {
            narrowing.Bind(rows);
        }

        rows.Bind(limit + 1L);
        return (PageFill.Cut(ReadAll(rows), limit, Measure, end), end);
    }

    private static LogPosition Newest => new(LogPosition.MaxValue);

    // By how far its rows reach if not to the end of the list: that far and no further is looked.
    private (NarrowedBy? By, LogPosition? End) Narrowest(
        SqliteLink link, IReadOnlyList<NarrowedBy> asked, LogPosition after, int looked)
    {
        (NarrowedBy? By, LogPosition? End) furthest = default;
        foreach (var narrowing in asked)
        {
            var end = asked.Count == 1 ? null : EndOf(link, narrowing, after, looked);
            if (end is null)
            {
                return (narrowing, null);
            }

            if (furthest.End is not { } reached || (NewestFirst ? end < reached : end > reached))
            {
                furthest = (narrowing, end);
            }
        }

        return furthest;
    }

    // In the index alone; null if it has fewer rows.
    private LogPosition? EndOf(SqliteLink link, NarrowedBy narrowing, LogPosition after, int looked) => narrowing.Bind(
        link.Prepare(
            $"select position from {Table} indexed by {narrowing.Index} where position {(NewestFirst ? "<" : ">")} ?1 "
                + $"and {narrowing.Condition} order by {Order} limit 1 offset ?").Bind(after)).Bind(looked - 1)
        .Find(static row => row.PositionOrNull());

    private string PageSql(IReadOnlyList<NarrowedBy> asked, NarrowedBy? by) =>
        $"select {Columns} from {Table}{(by is null ? "" : $" indexed by {by.Index}")} where "
            + (NewestFirst ? "position < ?1 and position >= ?2" : "position > ?1 and position <= ?2")
            + string.Concat(asked.Select(static narrowing => $" and {narrowing.Condition}")) + $" order by {Order} limit ?";

    private IEnumerable<T> ReadAll(SqliteStatement rows)
    {
        while (rows.Step())
        {
            yield return Read(rows);
        }
    }
}
