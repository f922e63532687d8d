using System.Text;

namespace Rescind.Tidy;

/// <summary>The repository as text. Read once; what builds and tools leave behind is no part of it.</summary>
internal static class Tree
{
    private const long LargestFileBytes = 1024 * 1024;

    private static readonly string[] LeftBehind =
        [
            ".git", ".build", "bin", "obj", "node_modules", "dist", "data", ".vs", ".idea", "TestResults",
            "BenchmarkDotNet.Artifacts",
        ];

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<SourceFile> Files { get; } =
        [.. Read(new(Root)).OrderBy(file => file.Path, StringComparer.Ordinal)];

    public static bool Exists(string path)
    {
        var full = Path.Combine(Root, path);
        return File.Exists(full) || Directory.Exists(full);
    }

    private static IEnumerable<SourceFile> Read(DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles().Where(IsSource))
        {
            var text = File.ReadAllText(file.FullName, Encoding.UTF8);
            if (!text.Contains('\0', StringComparison.Ordinal))
            {
                yield return new(Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'), text);
            }
        }

        foreach (var file in folder.EnumerateDirectories().Where(inner => !LeftBehind.Contains(inner.Name)).SelectMany(Read))
        {
            yield return file;
        }
    }

    // In a worktree .git is a file.
    private static bool IsSource(FileInfo file) =>
        file.Length <= LargestFileBytes && file.LinkTarget is null && file.Name != ".git";

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Rescind.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run inside the repository.");
    }
}
