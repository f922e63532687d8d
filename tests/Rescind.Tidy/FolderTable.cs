using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>The table of ARCHITECTURE.md that says which folder of a project may use which others.</summary>
internal static class FolderTable
{
    public const string Page = "ARCHITECTURE.md";

    /// <summary>What a row says of a folder that uses no other.</summary>
    private const string Nothing = "nothing";

    private static readonly Regex Row = new(@"^\| (Rescind[\w.]*) \| ([\w/]+) \| ([\w/, ]+) \|$", RegexOptions.CultureInvariant);

    /// <summary>The rows of the table; none if there is no such page.</summary>
    public static IReadOnlyList<FolderRow> In(IReadOnlyList<SourceFile> files) =>
    [
        .. from page in files
           where page.Path == Page
           from line in page.Lines.Index()
           let row = Row.Match(line.Item)
           where row.Success
           select new FolderRow(row.Groups[1].Value, row.Groups[2].Value, NamesIn(row.Groups[3].Value), page.At(line.Index, "")),
    ];

    /// <summary>The rows of one project that form circles, and those between two circles; none if there is no circle.</summary>
    public static IReadOnlyList<FolderRow> CircleOf(IReadOnlyList<FolderRow> rows)
    {
        var inner = rows
            .Where(row => rows.Any(other => row.Uses.Contains(other.Folder)))
            .Where(row => rows.Any(other => other.Uses.Contains(row.Folder)))
            .ToList();
        return inner.Count == rows.Count ? inner : CircleOf(inner);
    }

    private static string[] NamesIn(string cell) => cell == Nothing ? [] : cell.Split(", ");
}

/// <summary>What one folder may use.</summary>
internal sealed record FolderRow(string Project, string Folder, IReadOnlyList<string> Uses, Finding Place)
{
    public Finding Finds(string what) => Place with { What = what };
}
