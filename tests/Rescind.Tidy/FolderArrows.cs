namespace Rescind.Tidy;

/// <summary>
/// Which folder of a project may use which other: what the table of ARCHITECTURE.md says, no more, no less, and without a circle.
/// The files at the root of a project put it together and may use all of it. A folder that uses their types says so in its row
/// (<c>root</c>); circles are counted without the root, because options and exceptions speak of what folders do.
/// </summary>
public sealed class FolderArrows
{
    private const string Below = "| Rescind.Client | Below | nothing |\n";

    private static readonly Rule Undeclared = new(
        $"A folder uses what its row in {FolderTable.Page} says. Move the type, turn the use round, or add it: it must "
        + "close no circle.",
        files =>
        {
            var rows = FolderTable.In(files);
            return Uses(files)
                .Where(use => !rows.Any(row => IsOf(row, use) && row.Uses.Contains(use.To)))
                .Select(use => use.File.At(use.Index, $"{use.From} uses {use.Name} of {use.To}"))
                .Concat(Folders(files)
                    .Where(folder => !rows.Any(row => row.Project == folder.Project && row.Folder == folder.Name))
                    .Select(folder => folder.First.At(0, $"{folder.Name} has no row")));
        });

    private static readonly Rule Unneeded = new(
        $"The table of folders in {FolderTable.Page} says what is so: take out what no code needs.",
        files =>
        {
            var uses = Uses(files).ToList();
            var folders = Folders(files).ToList();
            return FolderTable.In(files).SelectMany(row =>
                folders.Exists(folder => folder.Project == row.Project && folder.Name == row.Folder)
                    ? row.Uses.Where(used => !uses.Exists(use => IsOf(row, use) && use.To == used))
                        .Select(used => row.Finds($"{row.Project}: {row.Folder} does not use {used}"))
                    : [row.Finds($"{row.Project} has no folder {row.Folder} that is checked")]);
        });

    private static readonly Rule Circles = new(
        $"The table of folders in {FolderTable.Page} has no circle: of two folders one does not know the other.",
        files => FolderTable.In(files).GroupBy(row => row.Project).SelectMany(project => FolderTable.CircleOf([.. project]))
            .Select(row => row.Finds($"{row.Project}: {row.Folder} is in a circle")));

    [Fact]
    public void Folders_use_what_their_rows_say() => Undeclared.Holds();

    [Fact]
    public void Rows_say_what_folders_use() => Unneeded.Holds();

    [Fact]
    public void Folders_form_no_circle() => Circles.Holds();

    [Theory]
    [InlineData("internal sealed class B(A a);", true)]
    [InlineData("internal static class B { static int X => A.Y; }", true)]
    [InlineData("internal static class B { static string X => $\"{A.Y} {\"z\"}\"; }", true)]
    [InlineData("internal static class B { static Below.A? X; }", true)]
    [InlineData("using Rescind.Client.Below;\n\ninternal sealed class B;", true)]
    [InlineData("using static Rescind.Client.Below.A;\n\ninternal sealed class B;", true)]
    [InlineData("using Rescind.Client;\n\ninternal sealed class B;", false)]
    [InlineData("/// <summary>A</summary>\ninternal sealed class B; // A /* A */", false)]
    [InlineData("internal static class B { static string X => \"// A\" + $\"A {1}\" + @\"\\A\" + 'A'; }", false)]
    [InlineData("internal static class B { static string X => \"\"\"\n  A \"A\"\n  \"\"\"; }", false)]
    [InlineData("internal static class B { static object X(dynamic c) => c is { A: 1 } ? new { A = 2 } : c.A; }", false)]
    [InlineData("internal sealed record B(int? A, string C);", false)]
    [InlineData("internal sealed record B(A? C);", true)]
    [InlineData("internal static class B { static bool X(object c) => c is A; }", true)]
    [InlineData("internal sealed class B { public required List<int> A { get; init; } }", false)]
    [InlineData("internal sealed class A;", false)]
    public void An_arrow_without_a_row_is_noticed(string text, bool noticed) =>
        Undeclared.Find(Planted(Below + "| Rescind.Client | Above | nothing |\n", text)).Any().ShouldBe(noticed);

    [Fact]
    public void An_arrow_without_a_row_is_named()
    {
        var findings = Undeclared.Find(Planted(Below + "| Rescind.Client | Above | root |\n", "\nclass B(A a);"));

        findings.ShouldHaveSingleItem().ToString().ShouldBe("src/Rescind.Client/Above/B.cs:2: Above uses A of Below");
    }

    [Theory]
    [InlineData("class B(C c);", true)]
    [InlineData("class B;", false)]
    public void A_type_of_the_root_needs_a_row(string text, bool noticed) =>
        Undeclared.Find(Planted(Below + "| Rescind.Client | Above | Below |\n", text)).Any().ShouldBe(noticed);

    [Theory]
    [InlineData(Below, true)]
    [InlineData("| Rescind.Authority | Below | nothing |\n| Rescind.Client | Above | nothing |\n", true)]
    [InlineData(Below + "| Rescind.Client | Above | nothing |\n", false)]
    public void A_folder_without_a_row_is_noticed(string table, bool noticed) =>
        Undeclared.Find(Planted(table, "class B;")).Any().ShouldBe(noticed);

    [Theory]
    [InlineData("| Rescind.Client | Above | Below |\n", false)]
    [InlineData("| Rescind.Client | Above | Below, root |\n", true)]
    [InlineData("| Rescind.Client | Above | Below |\n| Rescind.Client | Below | Above |\n", true)]
    [InlineData("| Rescind.Client | Above | Below |\n| Rescind.Client | Beside | nothing |\n", true)]
    [InlineData("| Rescind.Client | Above | Below |\n| Rescind.Authority | Feeding | nothing |\n", true)]
    public void A_row_too_many_is_noticed(string table, bool noticed) =>
        Unneeded.Find(Planted(table, "class B(A a);")).Any().ShouldBe(noticed);

    [Theory]
    [InlineData("| Rescind | A | B |\n| Rescind | B | A |\n", true)]
    [InlineData("| Rescind | A | B |\n| Rescind | B | C |\n| Rescind | C | A |\n| Rescind | D | A |\n", true)]
    [InlineData("| Rescind | A | B, C |\n| Rescind | B | C |\n| Rescind | C | nothing |\n", false)]
    [InlineData("| Rescind | A | root |\n| Rescind | B | root, A |\n", false)]
    [InlineData("| Rescind | A | B |\n| Rescind.Client | B | A |\n", false)]
    public void A_circle_is_noticed(string table, bool noticed) => Circles.Notices(FolderTable.Page, table).ShouldBe(noticed);

    [Fact]
    public void Folders_outside_a_circle_are_not_named() =>
        Circles.Find([new(FolderTable.Page, "| Rescind | A | B |\n| Rescind | B | A |\n| Rescind | D | A |\n")])
            .Select(finding => finding.What)
            .ShouldBe(["Rescind: A is in a circle", "Rescind: B is in a circle"]);

    // C is at the root and uses both folders; the text is that of a file in Above.
    private static SourceFile[] Planted(string table, string text) =>
    [
        new(FolderTable.Page, table),
        new("src/Rescind.Client/C.cs", "internal sealed class C(A a, B b);"),
        new("src/Rescind.Client/Below/A.cs", "internal sealed class A;"),
        new("src/Rescind.Client/Above/B.cs", text),
    ];

    private static bool IsOf(FolderRow row, FolderUse use) => row.Project == use.Project && row.Folder == use.From;

    private static IEnumerable<FolderUse> Uses(IReadOnlyList<SourceFile> files) =>
        FolderUse.In(files).Where(use => use.From != FolderUse.Root);

    private static IEnumerable<(string Project, string Name, SourceFile First)> Folders(IReadOnlyList<SourceFile> files) =>
        files.Where(file => file.IsProductCode)
            .Select(file => (Project: file.Project["src/".Length..], Name: FolderUse.FolderOf(file), First: file))
            .Where(folder => folder.Name != FolderUse.Root)
            .DistinctBy(folder => (folder.Project, folder.Name));
}
