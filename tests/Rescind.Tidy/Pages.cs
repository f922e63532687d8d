using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>Pages that people turn to in need keep their form and tell the truth.</summary>
public sealed class Pages
{
    private const string Promises = "docs/promises.md";
    private const string GoodPage =
        "# RSC1001: A\n\n## What happened\na\n## Why\nb\n## What to do\nc\n## Example\n```\nRSC1001 d\n```\n";

    private static readonly string[] Sections = ["What happened", "Why", "What to do", "Example"];

    private static readonly Regex Snippet = new(
        "```(?:csharp|js)\n(.*?)```", RegexOptions.Singleline | RegexOptions.CultureInvariant);
    private static readonly Regex FaultLine = new(@"^Faults: (.*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant);
    private static readonly Regex FaultName = new("`([a-z0-9-]+)`", RegexOptions.CultureInvariant);

    private static readonly Rule ErrorForm = Rule.OfFile(
        $"A page of an error has its code in the title, the sections {string.Join(", ", Sections)}, in this order, and "
        + "its code in the example.",
        file => file.IsIn("docs/errors") && file.Name.StartsWith("RSC", StringComparison.Ordinal),
        file => HasForm(file) ? [] : [file.At(0, file.Name)]);

    private static readonly Rule Snippets = new(
        "The code of a guide stands word for word in a sample or in a test called Guide, which is compiled.",
        files =>
        {
            var compiled = files.Where(file => file.IsIn("samples") || file.Name == "Guide.cs")
                .Select(file => Unindented(file.Text)).ToList();
            return files.Where(file => file.IsIn("docs/guide")).SelectMany(guide => Snippet.Matches(guide.Text)
                .Where(snippet => !compiled.Exists(
                    code => code.Contains(Unindented(snippet.Groups[1].Value), StringComparison.Ordinal)))
                .Select(snippet => guide.At(0, snippet.Groups[1].Value)));
        });

    private static readonly Rule Faults = new(
        $"Each promise in {Promises} names deliberate faults of tests/faults that prove its tests.",
        files =>
        {
            var known = string.Concat(files.Where(file => file.IsIn("tests/faults")).Select(file => file.Text));
            return files.Where(file => file.Path == Promises).SelectMany(page => FaultLine.Matches(page.Text)
                .SelectMany(line => FaultName.Matches(line.Value)).Select(name => name.Groups[1].Value)
                .Where(name => !known.Contains($"\"name\": \"{name}\"", StringComparison.Ordinal))
                .Concat(page.Lines.Count(line => line.StartsWith("## G", StringComparison.Ordinal)) == FaultLine.Count(page.Text)
                    ? [] : ["a promise without faults"])
                .Select(name => page.At(0, name)));
        });

    private static string Unindented(string code) => string.Join('\n', code.Split('\n').Select(line => line.Trim()));

    [Fact]
    public void Pages_of_errors_have_one_form() => ErrorForm.Holds();

    [Fact]
    public void The_code_of_guides_is_compiled() => Snippets.Holds();

    [Fact]
    public void The_faults_that_prove_a_promise_exist() => Faults.Holds();

    [Theory]
    [InlineData(GoodPage, false)]
    [InlineData("# RSC1001: A\n\n## What happened\n\na\n\n## What to do\n\nc\n", true)]
    public void A_page_of_another_form_is_noticed(string text, bool noticed) =>
        ErrorForm.Notices("docs/errors/RSC1001.md", text).ShouldBe(noticed);

    [Fact]
    public void A_page_under_a_strange_number_is_noticed() =>
        ErrorForm.Notices("docs/errors/RSC1002.md", GoodPage).ShouldBeTrue();

    [Theory]
    [InlineData("csharp", "app.Run();\n", false)]
    [InlineData("csharp", "app.Walk();\n", true)]
    [InlineData("js", "app.Walk();\n", true)]
    public void A_snippet_that_is_nowhere_compiled_is_noticed(string language, string code, bool noticed) =>
        Snippets.Find([new("docs/guide/a.md", $"```{language}\n{code}```\n"), new("samples/A/Program.cs", "x;\napp.Run();\n")])
            .Any().ShouldBe(noticed);

    [Theory]
    [InlineData("## G1 A\n\nFaults: `a-b`.\n", false)]
    [InlineData("## G1 A\n\nFaults: `c-d`.\n", true)]
    [InlineData("## G1 A\n", true)]
    public void A_fault_that_does_not_exist_is_noticed(string text, bool noticed) =>
        Faults.Find([new(Promises, text), new("tests/faults/a.json", "\"name\": \"a-b\"")]).Any().ShouldBe(noticed);

    private static bool HasForm(SourceFile file)
    {
        var code = file.Name[..^".md".Length];
        var sections = file.Lines.Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]);
        return file.Text.StartsWith($"# {code}: ", StringComparison.Ordinal) && sections.SequenceEqual(Sections)
            && file.Text[file.Text.IndexOf("## Example", StringComparison.Ordinal)..].Contains(code, StringComparison.Ordinal);
    }
}
