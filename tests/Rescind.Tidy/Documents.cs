using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>Documents name what exists, and the protocol and its code name each other.</summary>
public sealed class Documents
{
    private const string Protocol = "docs/protocol.md";

    private static readonly Regex Link = new(@"\]\((?!https?:|mailto:|#)([^)\s#]+)", RegexOptions.CultureInvariant);

    private static readonly Regex NamedPath = new(
        @"`((?:src|tests|docs|samples|bench|vectors|clients)/[\w./-]*[\w/-])`", RegexOptions.CultureInvariant);

    private static readonly Rule Links = Rule.OfFile(
        "A relative link in a document names a file of the repository.",
        file => file.IsMarkdown,
        file => Find(file, Link, match => Tree.Exists(Resolve(file, match))));

    private static readonly Rule Paths = Rule.OfFile(
        "A path that a document names exists.", file => file.IsMarkdown, file => Find(file, NamedPath, Tree.Exists));

    private static readonly Rule ProtocolNames = new(
        $"A file that {Protocol} names points back to it in a comment.",
        files => files.Where(file => file.Path == Protocol).SelectMany(protocol => Find(protocol, NamedPath, path =>
            !path.StartsWith("src/", StringComparison.Ordinal) || !path.EndsWith(".cs", StringComparison.Ordinal)
            || files.Any(file => file.Path == path && file.Text.Contains(Protocol, StringComparison.Ordinal)))));

    private static readonly Rule ProtocolNamed = new(
        $"A file that points to {Protocol} is named there.",
        files =>
        {
            var protocol = files.FirstOrDefault(file => file.Path == Protocol)?.Text ?? "";
            var named = NamedPath.Matches(protocol).Select(match => match.Groups[1].Value).ToHashSet();
            return files.Where(
                file =>
                    file.IsProductCode && file.Text.Contains(Protocol, StringComparison.Ordinal) && !named.Contains(file.Path))
                .Select(file => file.At(0, file.Path));
        });

    [Fact]
    public void Links_lead_somewhere() => Links.Holds();

    [Fact]
    public void Paths_that_documents_name_exist() => Paths.Holds();

    [Fact]
    public void What_the_protocol_names_points_back() => ProtocolNames.Holds();

    [Fact]
    public void What_points_to_the_protocol_is_named_there() => ProtocolNamed.Holds();

    [Theory]
    [InlineData("README.md", "[x](src/Nothing.cs)", true)]
    [InlineData("docs/a.md", "[x](../README.md)", false)]
    [InlineData("README.md", "[x](https://example.com) and [y](#below)", false)]
    public void A_dead_link_is_noticed(string path, string text, bool noticed) => Links.Notices(path, text).ShouldBe(noticed);

    [Theory]
    [InlineData("see `src/Nothing.cs`", true)]
    [InlineData("see `src/Rescind`", false)]
    [InlineData("see `src/*.cs`", false)]
    public void A_path_that_does_not_exist_is_noticed(string text, bool noticed) =>
        Paths.Notices("README.md", text).ShouldBe(noticed);

    [Fact]
    public void A_file_that_does_not_point_back_is_noticed() =>
        ProtocolNames.Find([new(Protocol, "`src/A.cs`"), new("src/A.cs", "// nothing")]).ShouldNotBeEmpty();

    [Fact]
    public void A_file_that_the_protocol_does_not_name_is_noticed() =>
        ProtocolNamed.Find([new(Protocol, "`src/B.cs`"), new("src/A.cs", $"/// {Protocol}")]).ShouldNotBeEmpty();

    private static string Resolve(SourceFile file, string link)
    {
        var full = link.StartsWith('/') ? Path.Combine(Tree.Root, link[1..]) : Path.Combine(Tree.Root, file.Folder, link);
        return Path.GetRelativePath(Tree.Root, Path.GetFullPath(full)).Replace('\\', '/');
    }

    private static IEnumerable<Finding> Find(SourceFile file, Regex pattern, Func<string, bool> exists) =>
        file.Lines.Index().SelectMany(line => pattern.Matches(line.Item)
            .Select(match => match.Groups[1].Value)
            .Where(path => !exists(path))
            .Select(path => file.At(line.Index, path)));
}
