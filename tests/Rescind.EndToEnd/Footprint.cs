using System.Globalization;

namespace Rescind.EndToEnd;

/// <summary>What a process holds of the machine.</summary>
/// <param name="KiB">Its memory, in KiB: the least of several looks.</param>
/// <param name="Handles">Its open files, sockets among them.</param>
internal readonly record struct Footprint(long KiB, int Handles)
{
    public static async Task<Footprint> OfAsync(Child child, int looks = 20)
    {
        var least = new Footprint(long.MaxValue, int.MaxValue);
        for (var look = 0; look < looks; look++)
        {
            least = new(Math.Min(least.KiB, MemoryOf(child.Id)),
                Math.Min(least.Handles, Directory.GetFiles($"/proc/{child.Id}/fd").Length));
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        return least;
    }

    private static long MemoryOf(int process)
    {
        const string Name = "VmRSS:";
        var line = File.ReadLines($"/proc/{process}/status")
            .Single(static line => line.StartsWith(Name, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(Name.Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture);
    }
}
