namespace Rescind.Authority.Stores;

/// <summary>
/// Counts what each of a few known names does in the minute that began with its first. Safe for concurrent use.
/// </summary>
internal sealed class MinuteCounts(TimeProvider time)
{
    /// <summary>How long it counts.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    // Protects the windows; names are registered clients and issuers, so there are never many.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Began, int Count)> _windows = [];

    /// <summary>
    /// Counts one of <paramref name="name"/>, unless there were <paramref name="most"/> already: 0 then, and how long
    /// until the minute is over.
    /// </summary>
    public int Add(string name, int most, out TimeSpan left)
    {
        lock (_lock)
        {
            var (began, count) = _windows.GetValueOrDefault(name);
            left = count == 0 ? TimeSpan.Zero : Window - time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                (began, count) = (time.GetTimestamp(), 0);
            }

            if (count >= most)
            {
                return 0;
            }

            _windows[name] = (began, count + 1);
            return count + 1;
        }
    }
}
