using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>
/// Another kind of match is a row of a table, and a few files more: CONTRIBUTING.md names them, nine at most. No other
/// file lists kinds.
/// </summary>
public sealed class KindsOfMatch
{
    private const int MostFiles = 9;

    private const string Kinds = "src/Rescind/Log/MatchKind.cs";

    /// <summary>Files that name several kinds, each for a reason of its own, and why none of them has to know another.</summary>
    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["src/Rescind/Verdicts/Findings.cs"] = "A key decides before all else, and tags are looked up by their names.",
        ["src/Rescind.Authority/Revocations/WhoMayRevoke.cs"] = "An API client is named as a client, and as a subject.",
        ["src/Rescind.Authority/Revocations/RevocationOperations.cs"] =
            "A key of ours goes with its secret, and ids of tokens are kept nowhere.",
        ["src/Rescind.Authority/Decisions/Appending.cs"] = "The audit trail has a column for subjects and one for sessions.",
        ["src/Rescind.Authority/Sessions/SessionOperations.cs"] = "It ends a session, those of a person, and those of a client.",
        ["src/Rescind.AspNetCore.Identity/Sessions/UserSessions.cs"] =
            "A new login ends other sessions of the user, those of the device, or itself.",
    };

    private static readonly Regex Kind = new(
        @"^    (?<kind>\w+) = [1-9]\d*,", RegexOptions.Multiline | RegexOptions.CultureInvariant);

    private static readonly Regex Asked = new(@"\bMatchKind\.(?!None\b)(?<kind>\w+)", RegexOptions.CultureInvariant);

    private static readonly Regex Made = new(
        $@"\bMatch\.(?<kind>{string.Join('|', Found(Kind, TextOf(Kinds)))})\b", RegexOptions.CultureInvariant);

    private static readonly Regex Section = new(
        @"^## Adding a kind of match\n(?<text>.*?)(?=^## |\z)",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.CultureInvariant);

    private static readonly Regex Link = new(@"\]\((?<kind>src/[\w./]+\.cs)\)", RegexOptions.CultureInvariant);

    private static readonly IReadOnlyList<string> Listed =
        Found(Link, Section.Match(TextOf("CONTRIBUTING.md")).Groups["text"].Value);

    private static readonly Rule Lists = Rule.OfFile(
        "Ask the kind instead of listing kinds: a property of src/Rescind/Log/MatchKinds.cs. Whoever adds a kind looks in the "
        + "files that CONTRIBUTING.md names, and in no other.",
        file => file.IsProductCode && !Listed.Contains(file.Path) && !Reasons.ContainsKey(file.Path),
        file => NamesSeveral(file) ? [file.At(0, string.Join(", ", NamedIn(file)))] : []);

    [Fact]
    public void No_other_file_lists_the_kinds() => Lists.Holds();

    [Fact]
    public void Another_kind_takes_nine_files_at_most() => Listed.Count.ShouldBeInRange(1, MostFiles);

    [Fact]
    public void Whoever_has_a_reason_needs_it() => Tree.Files.Where(NamesSeveral).Select(file => file.Path)
        .Intersect(Reasons.Keys).ShouldBe(Reasons.Keys, ignoreOrder: true);

    [Theory]
    [InlineData("if (match.Kind is MatchKind.Key)", false)]
    [InlineData("if (match.Kind is not MatchKind.None and not MatchKind.Key)", false)]
    [InlineData("if (match.Kind is MatchKind.Client or MatchKind.Issuer)", true)]
    [InlineData("MatchKind.Session => 1,\nMatchKind.Subject => 2,", true)]
    [InlineData("// MatchKind.Session or MatchKind.Subject", false)]
    [InlineData("return sid is null ? Match.Subject(sub) : Match.Session(sid);", false)]
    [InlineData("\"a\" => Match.Subject(x), \"b\" => Match.Session(x), \"c\" => Match.Key(x),", true)]
    [InlineData("Match.From(Match.MaxValueBytes, Match.Allows, Match.Name)", false)]
    public void A_list_of_kinds_is_noticed(string text, bool noticed) => Lists.Notices("src/A.cs", text).ShouldBe(noticed);

    // To ask for two is to list them; to make two, for what is ended in one case and in another, is not.
    private static bool NamesSeveral(SourceFile file) => file.IsProductCode && PlainCode.Of(file.Text) is var code
        && (Found(Asked, code).Count > 1 || Found(Made, code).Count > 2);

    private static IEnumerable<string> NamedIn(SourceFile file) =>
        PlainCode.Of(file.Text) is var code ? Found(Asked, code).Union(Found(Made, code)) : [];

    private static IReadOnlyList<string> Found(Regex regex, string text) =>
        [.. regex.Matches(text).Select(match => match.Groups["kind"].Value).Distinct()];

    private static string TextOf(string path) => Tree.Files.Single(file => file.Path == path).Text;
}
