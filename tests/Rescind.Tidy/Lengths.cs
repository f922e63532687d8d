using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>Numbers that may only tighten: a ceiling is broken with a reason in one line, or not at all.</summary>
public sealed class Lengths
{
    private const int FileCeiling = 400;
    private const int MethodWall = 70;
    private const int LineWall = 130;

    private static readonly Regex TypeHeader = new(
        @"^\s*((public|internal|private|protected|file|static|sealed|abstract|readonly|ref|partial)\s+)*"
        + @"(class|record|struct|interface|enum|namespace|extension)\b",
        RegexOptions.CultureInvariant);

    private static readonly Rule Files = Rule.OfFile(
        $"A file has at most {FileCeiling} lines: split it, or give the reason in its first lines (// tidy: …).",
        file => file.IsCode && file.IsIn("src", "samples", "bench") && !file.HasReason,
        file => file.Lines.Count > FileCeiling ? [file.At(FileCeiling, $"{file.Lines.Count} lines")] : []);

    private static readonly Rule Methods = Rule.OfFile(
        $"A method has at most {MethodWall} lines: split it, or give the reason in the line above it (// tidy: …).",
        file => file.IsCode && file.IsIn("src", "samples", "bench"),
        LongBlocks);

    private static readonly Rule LongLines = Rule.OfFile(
        $"A line has at most {LineWall} characters: break it; a table says so in its first lines (// tidy: …).",
        file => file.IsCode && !file.HasReason,
        file => file.Lines.Index()
            .Where(line => line.Item.Length > LineWall)
            .Where(line => line.Index == 0 || !SourceFile.GivesReason(file.Lines[line.Index - 1]))
            .Select(line => file.At(line.Index, $"{line.Item.Length} characters")));

    [Fact]
    public void No_file_is_above_the_ceiling() => Files.Holds();

    [Fact]
    public void No_method_is_above_the_wall() => Methods.Holds();

    [Fact]
    public void No_line_is_above_the_wall() => LongLines.Holds();

    [Fact]
    public void A_long_file_is_noticed_unless_it_gives_a_reason()
    {
        var text = string.Concat(Enumerable.Repeat("\n", FileCeiling));

        Files.Notices("src/A.cs", text).ShouldBeTrue();
        Files.Notices("src/A.cs", "// tidy: a table" + text).ShouldBeFalse();
    }

    [Theory]
    [InlineData("class A\n{\n    void M()\n    {\n", "    }\n}", true)]
    [InlineData("class A\n{\n    // tidy: a table\n    void M()\n    {\n", "    }\n}", false)]
    [InlineData("public sealed class A\n{\n", "}", false)]
    public void A_long_method_is_noticed_unless_it_gives_a_reason(string head, string tail, bool noticed) =>
        Methods.Notices("src/A.cs", head + string.Concat(Enumerable.Repeat("\n", MethodWall + 1)) + tail).ShouldBe(noticed);

    [Fact]
    public void A_long_line_is_noticed_unless_it_gives_a_reason()
    {
        var line = new string('x', LineWall + 1);

        LongLines.Notices("src/A.cs", line).ShouldBeTrue();
        LongLines.Notices("src/A.cs", "// tidy: a pattern\n" + line).ShouldBeFalse();
    }

    // The formatter puts the braces of a block on lines of their own, at the indentation of what they belong to.
    private static IEnumerable<Finding> LongBlocks(SourceFile file)
    {
        foreach (var (index, line) in file.Lines.Index())
        {
            if (line.Trim() != "{" || BelongsToType(file.Lines, index) || HasReason(file.Lines, index))
            {
                continue;
            }

            var indent = line[..^1];
            var end = index + 1;
            while (end < file.Lines.Count && !file.Lines[end].StartsWith(indent + "}", StringComparison.Ordinal))
            {
                end++;
            }

            if (end - index - 1 > MethodWall)
            {
                yield return file.At(index, $"{end - index - 1} lines");
            }
        }
    }

    private static bool BelongsToType(IReadOnlyList<string> lines, int brace) =>
        Header(lines, brace).Any(line => TypeHeader.IsMatch(line));

    private static bool HasReason(IReadOnlyList<string> lines, int brace) => Header(lines, brace).Any(SourceFile.GivesReason);

    private static IEnumerable<string> Header(IReadOnlyList<string> lines, int brace)
    {
        for (var i = brace - 1; i >= 0 && lines[i].Trim() is not ("" or "{" or "}") && !lines[i].EndsWith(';'); i--)
        {
            yield return lines[i];
        }
    }
}
