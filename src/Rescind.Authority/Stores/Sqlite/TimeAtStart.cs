namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// What time is known to be past when the database is opened, in seconds: what was believed last, and of the time since what was recorded meanwhile
/// shows. A clock that was wrong may have dated that. So starts together go no further than the margin of what is forgotten covers, until time that
/// has passed while the store was open makes up for it.
/// </summary>
/// <param name="Past">The newest moment that is known to be past; 0 where nothing was recorded yet.</param>
/// <param name="Unproved">How much of it clocks alone have shown, at this start and at those before it.</param>
internal readonly record struct TimeAtStart(long Past, long Unproved)
{
    // An hour is left for what a clock gains without jumping.
    private const long Most = Retention.ForgettingMargin - 3600;

    /// <summary>What a start goes on from if the newest thing recorded is of <paramref name="newest"/>.</summary>
    public static TimeAtStart Read(SqliteLink link, long newest)
    {
        using var row = link.Prepare("select believed, unproved from head");
        var (believed, unproved) = row.Step() ? (row.Int64(), row.Int64()) : default;
        if (believed == 0)
        {
            return new(newest, 0);
        }

        var taken = Math.Clamp(newest - believed, 0, Math.Max(0, Most - unproved));
        return new(believed + taken, unproved + taken);
    }

    /// <summary>Keeps it; where nothing was recorded yet, that it is <paramref name="now"/>.</summary>
    public void Save(SqliteLink link, long now) => link.Prepare("update head set believed = ?1, unproved = ?2")
        .Bind(Past == 0 ? now : Past).Bind(Unproved).Run();

    /// <summary>Keeps what is believed now, after the store was open for so long since it was kept last.</summary>
    public static void Save(SqliteLink link, long believed, TimeSpan open) =>
        link.Prepare("update head set believed = ?1, unproved = max(0, unproved - ?2)").Bind(believed).Bind((long)open.TotalSeconds).Run();
}
