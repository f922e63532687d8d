namespace Rescind.Tidy;

/// <summary>One text file of the repository; its path is relative to the root, with slashes.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    private const string ReasonMark = "// tidy: ";

    public IReadOnlyList<string> Lines { get; } = Text.Split('\n');

    public bool IsCode => Path.EndsWith(".cs", StringComparison.Ordinal);

    public bool IsMarkdown => Path.EndsWith(".md", StringComparison.Ordinal);

    public bool IsProject => Path.EndsWith(".csproj", StringComparison.Ordinal);

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public string Folder => Path[..Math.Max(0, Path.LastIndexOf('/'))];

    /// <summary>The project or top-level folder: <c>src/Rescind.Authority</c>.</summary>
    public string Project => string.Join('/', Path.Split('/').Take(2));

    public bool IsIn(params ReadOnlySpan<string> folders)
    {
        foreach (var folder in folders)
        {
            if (Path.StartsWith(folder + "/", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    public bool IsProductCode => IsCode && IsIn("src");

    /// <summary>The product in any language: errors have one range of numbers for all of it.</summary>
    public bool RaisesErrors => IsProductCode || (IsIn("clients") && Path.EndsWith(".ts", StringComparison.Ordinal));

    /// <summary>Whether the first lines of the file say why it breaks a ceiling.</summary>
    public bool HasReason => Lines.Take(5).Any(GivesReason);

    public static bool GivesReason(string line) => line.TrimStart().StartsWith(ReasonMark, StringComparison.Ordinal);

    public Finding At(int index, string what) => new(Path, index + 1, what);
}

/// <summary>Where a rule does not hold.</summary>
internal sealed record Finding(string Path, int Line, string What)
{
    public override string ToString() => $"{Path}:{Line}: {What}";
}
