namespace Rescind.EndToEnd;

/// <summary>
/// Programs that run a child with another wall clock than the machine's. Only the wall clock: a process cannot wait by
/// a monotonic clock that somebody sets.
/// </summary>
internal static class FalseClock
{
    /// <summary>A clock that is off by so much, as <c>+600</c> seconds or <c>+1d</c>.</summary>
    public static string[] Off(string offset) => With($"FAKETIME={offset}");

    /// <summary>A clock that is at <paramref name="moment"/> when the child starts, and goes on from there.</summary>
    public static string[] At(string moment) => With($"FAKETIME=@{moment}", "TZ=UTC");

    /// <summary>A clock that is off by what a file says at each moment.</summary>
    public static string[] OffByFile(string file) => With($"FAKETIME_TIMESTAMP_FILE={file}", "FAKETIME_NO_CACHE=1");

    private static string[] With(params string[] settings)
    {
        var library = Directory.EnumerateFiles("/usr/lib", "libfaketimeMT.so.1", SearchOption.AllDirectories).First();
        return ["env", $"LD_PRELOAD={library}", "FAKETIME_DONT_FAKE_MONOTONIC=1", .. settings];
    }
}
