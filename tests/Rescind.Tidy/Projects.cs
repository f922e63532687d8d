using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>
/// How projects and their files are kept: public API as text, friends among tests alone, nothing skipped, nothing silenced
/// without a reason.
/// </summary>
public sealed class Projects
{
    private static readonly Regex Friend = new(@"InternalsVisibleTo(?: Include=|\()""([^"",]+)""", RegexOptions.CultureInvariant);

    private static readonly Regex TypeName = new(
        @"\b(?:class|record|struct|interface|enum)\s+(?:struct\s+|class\s+)?(\w+)|\bdelegate\s+\S+\s+(\w+)",
        RegexOptions.CultureInvariant);

    private static readonly Rule PublicApi = new(
        "A library keeps its public API as text: PublicAPI.Shipped.txt and PublicAPI.Unshipped.txt beside its project.",
        files => files.Where(file => file.IsProject && file.IsIn("src"))
            .Where(file => !file.Text.Contains("<OutputType>Exe", StringComparison.Ordinal))
            .Where(file => !Has(files, file, "Shipped") || !Has(files, file, "Unshipped"))
            .Select(file => file.At(0, file.Name)));

    private static readonly Rule Friends = Rule.OfFile(
        "Only tests, benchmarks and the stores of the Authority are friends of a project.",
        file => file.IsProject || file.IsCode,
        file => file.Lines.Index().SelectMany(line => Friend.Matches(line.Item)
            .Where(match => file.IsIn("src") && match.Groups[1].Value is not "Rescind.Authority.PostgreSql"
                && !Tree.Exists($"tests/{match.Groups[1].Value}") && !Tree.Exists($"bench/{match.Groups[1].Value}"))
            .Select(match => file.At(line.Index, match.Groups[1].Value))));

    private static readonly Rule Skipped = Rule.OfLine(
        "A test runs or does not exist.",
        file => file.IsIn("tests") && !file.IsIn("tests/Rescind.Tidy"),
        @"\bSkip(Unless|When|Exceptions|Type)?\s*=|\bAssert\.Skip|\bExplicit\s*=\s*true"
        + @"|\b(test|it|describe|t)\.(skip|todo|only)\b|\b(skip|todo|only):\s*(true|')");

    private static readonly Rule Silenced = Rule.OfLine(
        "Whoever silences an analyzer says why, in the same line.",
        file => file.IsCode && !file.IsIn("tests/Rescind.Tidy"),
        @"#pragma warning disable(?!.*//\s*\S)|\[(assembly:\s*)?SuppressMessage\((?!.*Justification)|#nullable disable");

    private static readonly Rule FileNames = Rule.OfFile(
        "A file is named after a type in it, an extension's perhaps without the first words.",
        file => file.IsProductCode && file.Name is not ("Program.cs" or "AssemblyInfo.cs" or "GlobalUsings.cs"),
        file => TypeName.Matches(file.Text).SelectMany(match => match.Groups.Values.Skip(1))
            .Any(name => name.Value.EndsWith(file.Name.Split('.')[0], StringComparison.Ordinal)) ? [] : [file.At(0, file.Name)]);

    [Fact]
    public void Libraries_keep_their_public_API_as_text() => PublicApi.Holds();

    [Fact]
    public void Only_tests_and_benchmarks_are_friends() => Friends.Holds();

    [Fact]
    public void No_test_is_skipped() => Skipped.Holds();

    [Fact]
    public void No_analyzer_is_silenced_without_a_reason() => Silenced.Holds();

    [Fact]
    public void Files_are_named_after_a_type() => FileNames.Holds();

    [Fact]
    public void A_missing_API_file_is_noticed() => PublicApi.Notices("src/A/A.csproj", "<Project />").ShouldBeTrue();

    [Theory]
    [InlineData("<InternalsVisibleTo Include=\"Rescind.Cli\" />", true)]
    [InlineData("<InternalsVisibleTo Include=\"Rescind.Tidy\" />", false)]
    public void A_friend_in_the_product_is_noticed(string line, bool noticed) =>
        Friends.Notices("src/A/A.csproj", line).ShouldBe(noticed);

    [Theory]
    [InlineData("[Fact(Skip = \"later\")]")]
    [InlineData("Assert.Skip(\"later\");")]
    [InlineData("test.skip('x', () => {})")]
    [InlineData("test('x', { skip: true }, f)")]
    public void A_skipped_test_is_noticed(string line) => Skipped.Notices("tests/A.cs", line).ShouldBeTrue();

    [Theory]
    [InlineData("#pragma warning disable CA1031", true)]
    [InlineData("#pragma warning disable CA1031 // Whatever it is, the others go on.", false)]
    [InlineData("[SuppressMessage(\"A\", \"B\")]", true)]
    public void A_silenced_analyzer_is_noticed(string line, bool noticed) => Silenced.Notices("src/A.cs", line).ShouldBe(noticed);

    [Theory]
    [InlineData("internal sealed class B;", true)]
    [InlineData("internal sealed class A;", false)]
    [InlineData("internal readonly record struct A(int X);", false)]
    [InlineData("public static class RescindA;", false)]
    public void A_wrong_file_name_is_noticed(string text, bool noticed) => FileNames.Notices("src/A.cs", text).ShouldBe(noticed);

    private static bool Has(IEnumerable<SourceFile> files, SourceFile project, string which) =>
        files.Any(file => file.Path == $"{project.Folder}/PublicAPI.{which}.txt");
}
