namespace Rescind.Authority.Stores;

/// <summary>The time that is believed, kept now and then: a start goes on from it. One purge at a time.</summary>
internal sealed class BelievedTime(SteadyClock clock, TimeProvider time)
{
    /// <summary>How far it goes on between two times that it is kept.</summary>
    private const long SaveSeconds = 600;

    private long _saved;
    private long _savedAt = time.GetTimestamp();

    /// <summary>The present second, as it is believed.</summary>
    public long Now => clock.Believed.ToUnixTimeSeconds();

    /// <summary>Keeps a second by <paramref name="save"/>, which is told how long the store was open since the last.</summary>
    public async Task SaveAsync(long believed, Func<TimeSpan, Task> save)
    {
        if (Math.Abs(believed - _saved) >= SaveSeconds)
        {
            // While the wall clock is doubted nothing speaks for what was believed of it before.
            await save(clock.Doubt is null ? time.GetElapsedTime(_savedAt) : TimeSpan.Zero).ConfigureAwait(false);
            (_saved, _savedAt) = (believed, time.GetTimestamp());
        }
    }
}
