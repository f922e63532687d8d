namespace Rescind.Authority;

/// <summary>
/// How many files and sockets this process may have open. A runtime that cannot open one more may end at once, so
/// connections leave some of them to the runtime, the database and calls to others.
/// </summary>
internal static class OpenFiles
{
    private const long Reserved = 512;

    /// <summary>The most connections to serve at once; null where no limit of files is known.</summary>
    public static long? MaxConnections =>
        File.Exists("/proc/self/limits") ? MaxConnectionsUnder(File.ReadLines("/proc/self/limits")) : null;

    /// <summary>The same for the lines of <c>/proc/self/limits</c>.</summary>
    public static long? MaxConnectionsUnder(IEnumerable<string> limits)
    {
        // Max open files            1024                 524288               files
        var columns = limits.FirstOrDefault(static line => line.StartsWith("Max open files", StringComparison.Ordinal))?
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return columns is [_, _, _, var text, ..]
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var files)
            ? Math.Max(files / 2, files - Reserved)
            : null;
    }
}
