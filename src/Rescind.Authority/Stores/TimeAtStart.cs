namespace Rescind.Authority.Stores;

/// <summary>
/// What time is known to be past when a store is opened, in seconds: what was believed last, and of the time since what
/// was recorded meanwhile shows. A clock that was wrong may have dated that. So starts together go no further than the
/// margin of what is forgotten covers, until time that has passed while the store was open makes up for it.
/// </summary>
/// <param name="Past">The newest moment that is known to be past; 0 where nothing was recorded yet.</param>
/// <param name="Unproved">How much of it clocks alone have shown, at this start and at those before it.</param>
internal readonly record struct TimeAtStart(long Past, long Unproved)
{
    // An hour is left for what a clock gains without jumping.
    private const long Most = Retention.ForgettingMargin - 3600;

    /// <summary>
    /// What a start goes on from, where this was kept, if the newest thing recorded is of <paramref name="newest"/>.
    /// </summary>
    public TimeAtStart Then(long newest)
    {
        if (Past == 0)
        {
            return new(newest, 0);
        }

        var taken = Math.Clamp(newest - Past, 0, Math.Max(0, Most - Unproved));
        return new(Past + taken, Unproved + taken);
    }

    /// <summary>
    /// What is kept at the first change of an opening: where nothing was recorded yet, that it is <paramref name="now"/>.
    /// </summary>
    public TimeAtStart At(long now) => this with { Past = Past == 0 ? now : Past };

    /// <summary>
    /// What is kept when <paramref name="believed"/> is past, after the store was open for so long since it was kept last.
    /// </summary>
    public TimeAtStart After(long believed, TimeSpan open) => new(believed, Math.Max(0, Unproved - (long)open.TotalSeconds));
}
