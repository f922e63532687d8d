using System.Globalization;
using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>Event ids and error codes: each number means one thing, in its range, and an error has its page.</summary>
public sealed class Numbers
{
    private static readonly Regex EventId = new(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(\d+)", RegexOptions.CultureInvariant);
    private static readonly Regex ErrorCode = new(@"\bRSC(\d{4})\b|\bDefine\((\d{4}),", RegexOptions.CultureInvariant);
    private static readonly Regex DefinedCode = new(@"\bDefine\((\d{4}),", RegexOptions.CultureInvariant);

    private static readonly Rule UniqueEvents = new(
        "An event id is used once in the whole product.",
        files => Numbered(files, EventId).GroupBy(found => found.Number).Where(same => same.Count() > 1).SelectMany(Findings));

    private static readonly Rule EventRanges = new(
        "Event ids: 1000 to 2999 in the Authority, 3000 to 4999 in the Verifier, 5000 to 5999 in the Client; other "
        + "projects have none of these.",
        files => Findings(Numbered(files, EventId).Where(found => !IsInRange(found))));

    private static readonly Rule UniqueErrors = new(
        "An error code is defined once.",
        files =>
            Numbered(files, DefinedCode).GroupBy(found => found.Number).Where(same => same.Count() > 1).SelectMany(Findings));

    private static readonly Rule ErrorPages = new(
        "Every error code in src and clients has a page docs/errors/RSC####.md that says what happened and what to do.",
        files => Findings(Numbered(files, ErrorCode)
            .DistinctBy(found => found.Number)
            .Where(found => !files.Any(file => file.Path == PageOf(found.Number)))));

    private static readonly Rule Orphans = new(
        "A page of an error that nothing raises is out of date.",
        files =>
        {
            var used = Numbered(files, ErrorCode).Select(found => PageOf(found.Number)).ToHashSet();
            return files.Where(
                file => file.IsIn("docs/errors") && file.Name.StartsWith("RSC", StringComparison.Ordinal)
                    && !used.Contains(file.Path))
                .Select(file => file.At(0, file.Name));
        });

    [Fact]
    public void Event_ids_are_unique() => UniqueEvents.Holds();

    [Fact]
    public void Event_ids_are_in_the_range_of_their_project() => EventRanges.Holds();

    [Fact]
    public void Error_codes_are_unique() => UniqueErrors.Holds();

    [Fact]
    public void Every_error_has_its_page() => ErrorPages.Holds();

    [Fact]
    public void Every_page_has_its_error() => Orphans.Holds();

    [Fact]
    public void An_event_id_used_twice_is_noticed() => UniqueEvents.Find([
        new("src/Rescind.Authority/A.cs", "[LoggerMessage(1001, LogLevel.Error, \"a\")]"),
        new("src/Rescind.Verifier/B.cs", "[LoggerMessage(EventId = 1001, Level = LogLevel.Error)]")]).ShouldNotBeEmpty();

    [Theory]
    [InlineData("src/Rescind.Authority/A.cs", 3000, true)]
    [InlineData("src/Rescind.Verifier/A.cs", 2999, true)]
    [InlineData("src/Rescind.Verifier/A.cs", 3000, false)]
    [InlineData("src/Rescind.Client/A.cs", 4999, true)]
    [InlineData("src/Rescind.Client/A.cs", 5000, false)]
    public void An_event_id_out_of_range_is_noticed(string path, int id, bool noticed) =>
        EventRanges.Notices(path, $"[LoggerMessage({id}, LogLevel.Error, \"a\")]").ShouldBe(noticed);

    [Fact]
    public void An_error_defined_twice_is_noticed() =>
        UniqueErrors.Notices("src/A.cs", "Define(1203, 1);\nDefine(1203, 2);").ShouldBeTrue();

    [Theory]
    [InlineData("src/A.cs", "Define(1203, 400)")]
    [InlineData("src/A.cs", "// RSC1203")]
    [InlineData("clients/node/src/a.ts", "RSC1203: ['a', 'b'],")]
    public void An_error_without_a_page_is_noticed(string path, string text) => ErrorPages.Notices(path, text).ShouldBeTrue();

    [Fact]
    public void A_page_without_an_error_is_noticed() => Orphans.Notices("docs/errors/RSC1203.md", "").ShouldBeTrue();

    private static string PageOf(int number) => $"docs/errors/RSC{number}.md";

    private static bool IsInRange(Found found) => found.File.Project switch
    {
        "src/Rescind.Authority" => found.Number is >= 1000 and <= 2999,
        "src/Rescind.Verifier" => found.Number is >= 3000 and <= 4999,
        "src/Rescind.Client" => found.Number is >= 5000 and <= 5999,
        _ => found.Number >= 6000,
    };

    private static IEnumerable<Found> Numbered(IEnumerable<SourceFile> files, Regex pattern) =>
        from file in files.Where(file => file.RaisesErrors)
        from line in file.Lines.Index()
        from match in pattern.Matches(line.Item)
        let digits = match.Groups.Values.Skip(1).First(part => part.Success).Value
        select new Found(file, line.Index, int.Parse(digits, CultureInfo.InvariantCulture));

    private static IEnumerable<Finding> Findings(IEnumerable<Found> found) =>
        found.Select(one => one.File.At(one.Index, one.Number.ToString(CultureInfo.InvariantCulture)));

    private sealed record Found(SourceFile File, int Index, int Number);
}
