namespace Rescind.Authority.Stores;

/// <summary>
/// How much one page of a list holds: so many rows, and no more than <see cref="MaxBytes"/> of JSON however long its
/// rows are; of rows that are longer, one. Used by one page.
/// </summary>
/// <param name="limit">The most rows.</param>
internal sealed class PageFill(int limit)
{
    /// <summary>The most bytes of an answer with a page of a list.</summary>
    public const int MaxBytes = 1024 * 1024;

    // What stands around the rows: the names of lists, and a cursor.
    private const int Frame = 16 * 1024;

    private long _bytes = Frame;
    private int _rows;

    /// <summary>Whether it has as many rows as were asked for.</summary>
    public bool IsFull => _rows == limit;

    /// <summary>Counts one more row of so many bytes; false if it belongs on the next page.</summary>
    public bool TryAdd(long length)
    {
        if (IsFull || (_rows > 0 && _bytes + length > MaxBytes))
        {
            return false;
        }

        (_rows, _bytes) = (_rows + 1, _bytes + length);
        return true;
    }

    /// <summary>The page that begins with the first of <paramref name="rows"/>, read no further than it goes.</summary>
    /// <param name="rows">What is listed.</param>
    /// <param name="limit">The most rows.</param>
    /// <param name="measure">Where a row stands, and how many bytes it has.</param>
    /// <param name="end">Where the list goes on after all of <paramref name="rows"/>; null if it ends there.</param>
    public static ListPage<T> Cut<T>(
        IEnumerable<T> rows, int limit, Func<T, (LogPosition Position, long Length)> measure, LogPosition? end = null)
    {
        var (fill, page, last) = (new PageFill(limit), new List<T>(), default(LogPosition));
        foreach (var row in rows)
        {
            var (position, length) = measure(row);
            if (!fill.TryAdd(length))
            {
                return new(page, last);
            }

            page.Add(row);
            last = position;
        }

        return new(page, end);
    }
}
