namespace Rescind.Authority.Stores;

/// <summary>A session that was looked at.</summary>
internal readonly record struct StartedRow(long Number, long Started, bool IsLiving)
{
    /// <summary>Reads all three.</summary>
    public static StartedRow Read(Row row) => new(row.Int64(), row.Int64(), row.Bool());
}

/// <summary>
/// When the oldest session that lives has started: no older act touches one. One that was ended counts as well while its
/// row is there: a lift may reopen it, and then the acts decide. One that has expired never lives again, not even under a
/// clock that is set back, so the next look begins where this one ended. One purge at a time.
/// </summary>
internal sealed class OldestStart
{
    private long _number;

    /// <summary>
    /// The position. Looked for in bites: where nothing lives, or nothing has for long, everything is looked through.
    /// </summary>
    /// <param name="look">
    /// The first <see cref="PurgeLook.MaxRows"/> sessions from a number on, in their order, and the head before they were read.
    /// </param>
    public async Task<long> FindAsync(Func<long, Task<(LogHead Head, List<StartedRow> Rows)>> look)
    {
        // Until one is found none that lives has started before the last that was looked at; where none lives, whatever
        // starts later is younger than the log was before the look.
        var started = 0L;
        for (var looked = 0; looked < PurgeLook.MaxLooked; looked += PurgeLook.MaxRows)
        {
            var (head, rows) = await look(_number).ConfigureAwait(false);
            var first = rows.FindIndex(static row => row.IsLiving);
            if (rows.Count > 0)
            {
                (_number, started, _) = rows[first < 0 ? ^1 : first];
            }

            if (first >= 0 || rows.Count < PurgeLook.MaxRows)
            {
                return first >= 0 ? started : head.Position.Value;
            }
        }

        return started;
    }
}
