using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>
/// A file that uses a type of another folder of its project, or the namespace of that folder, as for extension methods. Found by
/// names: a type counts where its name stands, unless as that of a member (<c>x.Name</c>, <c>Name: …</c>, <c>Name = …</c>,
/// <c>Type Name</c>).
/// </summary>
internal sealed record FolderUse(SourceFile File, int Index, string Name, string From, string To)
{
    /// <summary>The files beside the project file.</summary>
    public const string Root = "root";

    private static readonly Regex Declared = new(
        @"^(?:(?:public|internal|file|static|sealed|abstract|readonly|partial|ref|unsafe) )*"
        + @"(?:class|record struct|record class|record|struct|interface|enum|delegate [^(\n]*?(?= \w+[(<])) (?<name>\w+)",
        RegexOptions.Multiline | RegexOptions.CultureInvariant);

    private static readonly Regex Imported = new(
        @"^(?:global )?using (?:static |\w+ = )?(?<name>[\w.]+)[^;]*;", RegexOptions.CultureInvariant);

    private static readonly Regex Named = new(
        @"(?<![\w@])(?:(?<=\b(?<scope>\w+)\.)|(?<!\.))(?<name>[A-Z]\w*)\b(?!:(?!:)|\s*=(?![=>]))",
        RegexOptions.CultureInvariant);

    // What a type stands before, where what follows it ends: a parameter, a property or a field of that name.
    private static readonly Regex MemberBefore = new(
        @"(?<!\b(?:is|as|new|return|in|out|ref|not|or|and|case|throw|await|static|public|internal|private|protected|readonly"
        + @"|sealed|required|override|async|params|this|scoped|where|class|record|struct))(?<=[\w>?\]]) $",
        RegexOptions.CultureInvariant);

    private static readonly Regex MemberAfter = new(
        @"\G(?:[,);]|\s*=(?![=>])|\s*=> |\s*\{ (?:get|init|set)|$)", RegexOptions.CultureInvariant);

    public string Project => NameOf(File.Project);

    /// <summary>What each file uses of each other folder, named once.</summary>
    public static IEnumerable<FolderUse> In(IReadOnlyList<SourceFile> files) =>
        files.Where(file => file.IsProductCode).GroupBy(file => file.Project).SelectMany(project => OfProject([.. project]));

    public static string FolderOf(SourceFile file) =>
        file.Folder.Length > file.Project.Length ? file.Folder[(file.Project.Length + 1)..] : Root;

    private static IEnumerable<FolderUse> OfProject(IReadOnlyList<SourceFile> files)
    {
        var code = files.ToDictionary(file => file, file => PlainCode.Of(file.Text).Split('\n'));
        var owners = files
            .SelectMany(file => Declared.Matches(string.Join('\n', code[file]))
                .Select(type => (Name: type.Groups["name"].Value, Folder: FolderOf(file))))
            .Distinct()
            .ToLookup(type => type.Name, type => type.Folder);
        var folders = files.Select(FolderOf).Distinct().ToList();
        return files.SelectMany(file => TypesIn(file, code[file], owners)
            .Concat(NamespacesIn(file, code[file], folders))
            .DistinctBy(use => use.To));
    }

    private static IEnumerable<FolderUse> TypesIn(SourceFile file, string[] code, ILookup<string, string> owners) =>
        from line in code.Index()
        where !Imported.IsMatch(line.Item)
        from found in Named.Matches(line.Item)
        where !IsMember(line.Item, found)
        let scope = found.Groups["scope"]
        let name = found.Groups["name"].Value
        where !owners[name].Contains(FolderOf(file))
        from owner in owners[name]
        where !scope.Success || owner.Split('/')[^1] == scope.Value
        select new FolderUse(file, line.Index, name, FolderOf(file), owner);

    private static bool IsMember(string line, Match found) =>
        MemberBefore.IsMatch(line[..found.Index]) && MemberAfter.IsMatch(line, found.Index + found.Length);

    private static IEnumerable<FolderUse> NamespacesIn(SourceFile file, string[] code, IReadOnlyList<string> folders) =>
        from line in code.Index()
        let name = Imported.Match(line.Item).Groups["name"].Value
        let owner = folders
            .Where(folder => IsIn(name, NamespaceOf(file, folder)))
            .MaxBy(folder => NamespaceOf(file, folder).Length) ?? Root
        where owner != Root && owner != FolderOf(file)
        select new FolderUse(file, line.Index, name, FolderOf(file), owner);

    private static bool IsIn(string name, string space) =>
        name == space || name.StartsWith(space + ".", StringComparison.Ordinal);

    private static string NamespaceOf(SourceFile file, string folder) =>
        folder == Root ? NameOf(file.Project) : $"{NameOf(file.Project)}.{folder.Replace('/', '.')}";

    private static string NameOf(string project) => project["src/".Length..];
}
