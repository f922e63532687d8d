using System.Globalization;

namespace Rescind.Benchmarks.Scale;

/// <summary>The memory of this process, as Linux counts it, from a moment on.</summary>
internal sealed class OwnMemory
{
    private readonly long _live = GC.GetTotalMemory(forceFullCollection: true);
    private readonly long _allocated = GC.GetTotalAllocatedBytes(precise: true);
    private readonly long _resident;

    private OwnMemory(long resident) => _resident = resident;

    public static OwnMemory FromNowOn()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);

        // "5" sets the peak back to what is resident now.
        File.WriteAllText("/proc/self/clear_refs", "5");
        return new(Read("VmRSS"));
    }

    /// <summary>By how much the process was larger at most than it was then.</summary>
    public long Peak => Read("VmHWM") - _resident;

    public long Allocated => GC.GetTotalAllocatedBytes(precise: true) - _allocated;

    /// <summary>How many bytes are reached that were not then.</summary>
    public long Live => GC.GetTotalMemory(forceFullCollection: true) - _live;

    private static long Read(string name)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }
}
