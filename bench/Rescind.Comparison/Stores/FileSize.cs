namespace Rescind.Comparison.Stores;

/// <summary>How large a database file is, with what stands beside it.</summary>
internal static class FileSize
{
    public static long Of(string file) => new DirectoryInfo(Path.GetDirectoryName(file)!)
        .EnumerateFiles(Path.GetFileName(file) + "*").Sum(static part => part.Length);
}
