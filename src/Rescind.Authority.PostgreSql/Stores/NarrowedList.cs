using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>One thing that narrows a list, and has an index with its rows in the order of their positions.</summary>
/// <param name="Condition">The condition, with a question mark for each value.</param>
/// <param name="Bind">Binds the values.</param>
internal sealed record NarrowedBy(string Condition, Func<PostgresStatement, PostgresStatement> Bind);

/// <summary>
/// A list in the order of positions, which several things may narrow at once. Where several do, as many of the next rows
/// of each as the page holds are asked how far they reach, and those of the one that reaches furthest are read, no further
/// than that; where they do not fill the page, once more with a few thousand. Pages may come short. Rows of one position
/// are on one page.
/// </summary>
/// <param name="Table">What is listed.</param>
/// <param name="Columns">What is read of a row.</param>
/// <param name="NewestFirst">Whether positions fall.</param>
/// <param name="Read">Reads the columns.</param>
/// <param name="Measure">Where a row stands, and how many bytes it has in an answer.</param>
internal sealed record NarrowedList<T>(
    string Table, string Columns, bool NewestFirst, Func<PostgresRow, T> Read,
    Func<T, (LogPosition Position, long Length)> Measure)
{
    /// <summary>The most rows of one index that are looked at for one page, but for those of one position.</summary>
    public const int MostLooked = 5_000;

    private string Order => NewestFirst ? "position desc" : "position";

    private string Beyond => NewestFirst ? "position < $1" : "position > $1";

    /// <summary>A page of what comes after a position.</summary>
    /// <param name="link">The connection.</param>
    /// <param name="asked">What narrows the list; first what mostly leaves fewest.</param>
    /// <param name="after">The position.</param>
    /// <param name="limit">The most rows, but for those of one position.</param>
    public async Task<ListPage<T>> PageAsync(
        PostgresLink link, IReadOnlyList<NarrowedBy> asked, LogPosition after, int limit)
    {
        var (near, end) = await PageAsync(link, asked, after, limit, looked: limit + 1).ConfigureAwait(false);
        return end is not null && near.Rows.Count < limit && near.Next == end
            ? (await PageAsync(link, asked, after, limit, MostLooked).ConfigureAwait(false)).Page
            : near;
    }

    private async Task<(ListPage<T> Page, LogPosition? End)> PageAsync(
        PostgresLink link, IReadOnlyList<NarrowedBy> asked, LogPosition after, int limit, int looked)
    {
        var (by, end) = await NarrowestAsync(link, asked, after, looked).ConfigureAwait(false);
        var rows = await link.ReadAsync(Select(asked, by, after, end, limit + 1L), Read).ConfigureAwait(false);
        return (Cut(rows, limit, rows.Count > limit ? Measure(rows[^1]).Position : end), end);
    }

    private ListPage<T> Cut(List<T> rows, int limit, LogPosition? end)
    {
        var (fill, page, last) = (new PageFill(limit), new List<T>(), default(LogPosition));
        foreach (var group in rows.GroupBy(row => Measure(row).Position, static (at, some) => (At: at, Rows: some.ToList())))
        {
            var isTooMany = page.Count > 0 && page.Count + group.Rows.Count > limit;
            if (isTooMany || !fill.TryAdd(group.Rows.Sum(row => Measure(row).Length)))
            {
                return new(page, last);
            }

            page.AddRange(group.Rows);
            last = group.At;
        }

        return new(page, end);
    }

    // By how far its rows reach if not to the end of the list: that far and no further is looked.
    private async Task<(NarrowedBy? By, LogPosition? End)> NarrowestAsync(
        PostgresLink link, IReadOnlyList<NarrowedBy> asked, LogPosition after, int looked)
    {
        (NarrowedBy? By, LogPosition? End) furthest = default;
        foreach (var narrowing in asked)
        {
            var end = asked.Count == 1 ? null : await EndOfAsync(link, narrowing, after, looked).ConfigureAwait(false);
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

    // Null if it has fewer rows.
    private Task<LogPosition?> EndOfAsync(PostgresLink link, NarrowedBy narrowing, LogPosition after, int looked) =>
        link.FindAsync(
            Bound($"select position from {Table} where {Beyond} and {narrowing.Condition} order by {Order} "
                + $"offset {looked - 1} limit 1", after, [narrowing]),
            static row => (LogPosition?)row.Position());

    // What narrows most comes first and by itself, so that nothing else is walked.
    private PostgresStatement Select(
        IReadOnlyList<NarrowedBy> asked, NarrowedBy? by, LogPosition after, LogPosition? end, long most)
    {
        List<NarrowedBy> others = [.. asked.Where(narrowing => narrowing != by)];
        var reached = end is { } position ? $" and position {(NewestFirst ? ">=" : "<=")} {position.Value}" : "";
        var narrowed = $"select * from {Table} where {Beyond}{reached}{(by is null ? "" : $" and {by.Condition}")}";
        var rest = $"order by {Order} fetch first {most} rows with ties";
        return Bound(
            others.Count == 0
                ? $"select {Columns} from ({narrowed}) as narrowed {rest}"
                : $"with narrowed as materialized ({narrowed}) select {Columns} from narrowed where "
                    + $"{string.Join(" and ", others.Select(static narrowing => narrowing.Condition))} {rest}",
            after, by is null ? others : [by, .. others]);
    }

    private static PostgresStatement Bound(string sql, LogPosition after, IReadOnlyList<NarrowedBy> values)
    {
        var parts = sql.Split('?');
        var numbered = string.Concat(parts.Select(static (part, index) => index == 0 ? part : $"${index + 1}{part}"));
        return values.Aggregate(new PostgresStatement(numbered).Bind(after), static (rows, narrowing) => narrowing.Bind(rows));
    }
}
