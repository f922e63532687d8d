namespace Rescind.Authority.Stores;

/// <summary>A row that a purge looked at.</summary>
internal readonly record struct LookedRow(long Number, bool IsDue)
{
    /// <summary>Reads both.</summary>
    public static LookedRow Read(Row row) => new(row.Int64(), row.Bool());
}

/// <summary>
/// What is due in a table and no index finds: looked for among a bounded number of rows each time, from where the last
/// look ended. One purge at a time.
/// </summary>
internal sealed class PurgeLook
{
    /// <summary>How many rows of one table a purge looks at, at most.</summary>
    public const int MaxLooked = 100_000;

    /// <summary>How many rows are looked at, or deleted, at once.</summary>
    public const int MaxRows = 500;

    /// <summary>How many of so many rows have to be due that a purge looks at more: where few are, there is time.</summary>
    private const int EnoughToGoOn = MaxRows / 8;

    private long _last;

    /// <summary>Looks and deletes; how many rows went.</summary>
    /// <param name="look">The first <see cref="MaxRows"/> rows after a number, in their order.</param>
    /// <param name="delete">Deletes rows; how many went.</param>
    public async Task<long> RunAsync(Func<long, Task<List<LookedRow>>> look, Func<List<long>, Task<long>> delete)
    {
        var (total, looked, found) = (0L, 0, 0);
        do
        {
            var rows = await look(_last).ConfigureAwait(false);
            List<long> due = [.. rows.Where(static row => row.IsDue).Select(static row => row.Number)];
            total += await delete(due).ConfigureAwait(false);
            _last = rows.Count < MaxRows ? 0 : rows[^1].Number;
            (looked, found) = (looked + MaxRows, due.Count);
        }
        while (_last > 0 && looked < MaxLooked && found >= EnoughToGoOn);
        return total;
    }
}
