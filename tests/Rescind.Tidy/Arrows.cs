using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>Who may reference whom. Authority and Verifier never see each other; the core sees nobody.</summary>
public sealed class Arrows
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Rescind"] = [],
        ["Rescind.Authority"] = ["Rescind"],
        ["Rescind.AspNetCore.Identity"] = ["Rescind", "Rescind.Authority"],
        ["Rescind.Authority.PostgreSql"] = ["Rescind", "Rescind.Authority"],
        ["Rescind.Authority.Redis"] = ["Rescind", "Rescind.Authority"],
        ["Rescind.Verifier"] = ["Rescind"],
        ["Rescind.Client"] = [],
        ["Rescind.Dashboard"] = ["Rescind", "Rescind.Authority"],
        ["Rescind.Cli"] =
        [
            "Rescind", "Rescind.Authority", "Rescind.Authority.PostgreSql", "Rescind.Authority.Redis", "Rescind.Dashboard",
            "Rescind.Verifier",
        ],
    };

    private static readonly Regex Reference = new(
        @"<ProjectReference Include=""[^""]*?([^/\\""]+)\.csproj""", RegexOptions.CultureInvariant);

    // Every folder of the Authority but one.
    private static readonly Regex Domain = new("^src/Rescind\\.Authority/(?!Http/)[^/]+/", RegexOptions.CultureInvariant);

    private static readonly Rule Projects = Rule.OfFile(
        "An arrow that is not in the table of tests/Rescind.Tidy/Arrows.cs, or another project, needs a record under "
        + "docs/decisions first.",
        file => file.IsProject && file.IsIn("src"),
        file => Allowed.TryGetValue(NameOf(file), out var allowed)
            ? file.Lines.Index().SelectMany(line => Reference.Matches(line.Item)
                .Where(match => !allowed.Contains(match.Groups[1].Value))
                .Select(match => file.At(line.Index, $"{NameOf(file)} -> {match.Groups[1].Value}")))
            : [file.At(0, $"{NameOf(file)} is a new project")]);

    private static readonly Rule Core = Rule.OfLine(
        "The core needs the base class library and nothing else.",
        file => file.Path == "src/Rescind/Rescind.csproj", "<(PackageReference|FrameworkReference|ProjectReference)");

    private static readonly Rule Framework = Rule.OfLine(
        "The core knows no framework: what needs one belongs to the Authority or to the Verifier.",
        file => file.IsCode && file.IsIn("src/Rescind"),
        @"\bMicrosoft\.(AspNetCore|Extensions)\b");

    private static readonly Rule Sql = Rule.OfLine(
        "SQL is written in the Stores folder alone: elsewhere ask the store, by what it is to find or to do.",
        file => file.IsProductCode && !file.Path.Contains("/Stores/", StringComparison.Ordinal),
        @"(""|^\s*)(insert (or \w+ )?into|delete from|update \w+ set|select\b.*\bfrom|pragma \w|"
        + @"(create|drop|alter) (table|index|view|trigger))\b|\b(Prepare|Execute)\(\$?""");

    private static readonly Rule Namespaces = Rule.OfFile(
        "Data flows one way: this side must not know that one.",
        file => file.IsProductCode,
        file =>
            file.Lines.Index().Where(line => IsBackward(file, line.Item)).Select(line => file.At(line.Index, line.Item.Trim())));

    private static readonly Rule Edge = Rule.OfLine(
        "HTTP ends at src/Rescind.Authority/Http and at the files beside it: what may be done, and why not, is said in values.",
        file => file.IsCode && Domain.IsMatch(file.Path),
        @"\bMicrosoft\.AspNetCore\b|\bRescind\.Authority\.Http\b|\bIResult\b|\bHttpContext\b");

    private static readonly Rule Door = Rule.OfLine(
        "An act gets into the log through RevocationOperations: end it there.",
        file => file.IsCode && file.IsIn("src/Rescind.Authority")
            && !file.IsIn("src/Rescind.Authority/Revocations", "src/Rescind.Authority/Stores", "src/Rescind.Authority/Decisions"),
        @"\bRevocationDraft\b|\bIRevocationStore\b.*\.RevokeAsync\(");

    private static readonly Rule Versions = Rule.OfLine(
        "Versions are in Directory.Packages.props, once each.", file => file.IsProject, @"<PackageReference [^>]*Version=");

    [Fact]
    public void Projects_reference_only_what_lies_to_their_left() => Projects.Holds();

    [Fact]
    public void The_core_references_nothing() => Core.Holds();

    [Fact]
    public void The_core_names_no_framework() => Framework.Holds();

    [Fact]
    public void SQL_is_in_stores_alone() => Sql.Holds();

    [Fact]
    public void Authority_and_Verifier_never_name_each_other() => Namespaces.Holds();

    [Fact]
    public void The_Authority_knows_HTTP_at_its_edge_alone() => Edge.Holds();

    [Fact]
    public void Acts_go_through_one_door() => Door.Holds();

    [Fact]
    public void Package_versions_are_central() => Versions.Holds();

    [Theory]
    [InlineData("src/Rescind.Verifier/Rescind.Verifier.csproj", "../Rescind.Authority/Rescind.Authority.csproj", true)]
    [InlineData("src/Rescind/Rescind.csproj", "../Rescind.Verifier/Rescind.Verifier.csproj", true)]
    [InlineData("src/Rescind.Ninth/Rescind.Ninth.csproj", "../Rescind/Rescind.csproj", true)]
    [InlineData("src/Rescind.Client/Rescind.Client.csproj", "../Rescind/Rescind.csproj", true)]
    [InlineData(
        "src/Rescind.AspNetCore.Identity/Rescind.AspNetCore.Identity.csproj",
        "../Rescind.Verifier/Rescind.Verifier.csproj", true)]
    [InlineData("src/Rescind.Verifier/Rescind.Verifier.csproj", "../Rescind/Rescind.csproj", false)]
    public void A_wrong_arrow_is_noticed(string project, string reference, bool noticed) =>
        Projects.Notices(project, $"<ProjectReference Include=\"{reference}\" />").ShouldBe(noticed);

    [Fact]
    public void A_package_in_the_core_is_noticed() =>
        Core.Notices("src/Rescind/Rescind.csproj", "<PackageReference Include=\"System.IO.Hashing\" />").ShouldBeTrue();

    [Theory]
    [InlineData("src/Rescind/Log/A.cs", "using Microsoft.AspNetCore.Http;", true)]
    [InlineData("src/Rescind/Log/A.cs", "Microsoft.Extensions.Logging.ILogger? log = null;", true)]
    [InlineData("src/Rescind/Log/A.cs", "using Microsoft.Win32.SafeHandles;", false)]
    [InlineData("src/Rescind.Verifier/A.cs", "using Microsoft.AspNetCore.Http;", false)]
    public void A_framework_in_the_core_is_noticed(string path, string line, bool noticed) =>
        Framework.Notices(path, line).ShouldBe(noticed);

    [Theory]
    [InlineData("src/Rescind.Authority/Sessions/A.cs", "    link.Prepare($\"{Head} where id = ?1\")", true)]
    [InlineData("src/Rescind.Authority/Sessions/A.cs", "    const string Text = \"select 1 from head\";", true)]
    [InlineData("src/Rescind.Authority/Sessions/A.cs", "        delete from sessions where number = ?1", true)]
    [InlineData("src/Rescind.Authority/Sessions/A.cs", "    const string Why = \"The store cannot select a session.\";", false)]
    [InlineData("src/Rescind.Authority/Sessions/A.cs", "        select new Session(row)", false)]
    [InlineData("src/Rescind.Authority/Stores/Sqlite/A.cs", "        delete from sessions where number = ?1", false)]
    public void SQL_outside_a_store_is_noticed(string path, string line, bool noticed) =>
        Sql.Notices(path, line).ShouldBe(noticed);

    [Theory]
    [InlineData("src/Rescind.Authority/A.cs", "using Rescind.Verifier.Feeding;", true)]
    [InlineData("src/Rescind.Verifier/A.cs", "using Rescind.Authority.Stores;", true)]
    [InlineData("src/Rescind/A.cs", "using Rescind.Authority;", true)]
    [InlineData("src/Rescind.AspNetCore.Identity/A.cs", "using Rescind.Verifier;", true)]
    [InlineData("src/Rescind.AspNetCore.Identity/A.cs", "using Rescind.Authority.Revocations;", false)]
    [InlineData("src/Rescind.Cli/A.cs", "using Rescind.Verifier;", false)]
    [InlineData("src/Rescind.Client/A.cs", "using Rescind.Tokens;", true)]
    [InlineData("src/Rescind.Client/A.cs", "using Rescind.Client.Requests;", false)]
    public void A_wrong_namespace_is_noticed(string path, string line, bool noticed) =>
        Namespaces.Notices(path, line).ShouldBe(noticed);

    [Theory]
    [InlineData("src/Rescind.Authority/Sessions/A.cs", "using Microsoft.AspNetCore.Http;", true)]
    [InlineData("src/Rescind.Authority/Stores/Sqlite/A.cs", "using Rescind.Authority.Http.Output;", true)]
    [InlineData("src/Rescind.Authority/Decisions/A.cs", "    public IResult? Refusal { get; }", true)]
    [InlineData("src/Rescind.Authority/Http/Access/A.cs", "using Microsoft.AspNetCore.Http;", false)]
    [InlineData("src/Rescind.Authority/AuthorityServer.cs", "using Microsoft.AspNetCore.Builder;", false)]
    public void HTTP_beyond_the_edge_is_noticed(string path, string line, bool noticed) =>
        Edge.Notices(path, line).ShouldBe(noticed);

    [Theory]
    [InlineData("src/Rescind.Authority/Sessions/A.cs", "    private RevocationDraft Draft(Match match) =>", true)]
    [InlineData("src/Rescind.Authority/Http/Routes/A.cs", "await Get<IRevocationStore>().RevokeAsync(", true)]
    [InlineData("src/Rescind.Authority/Http/Routes/A.cs", "await Get<IRevocationStore>().FindAsync(", false)]
    [InlineData("src/Rescind.Authority/Revocations/A.cs", "    private RevocationDraft Draft(Match match) =>", false)]
    public void Another_door_is_noticed(string path, string line, bool noticed) => Door.Notices(path, line).ShouldBe(noticed);

    [Fact]
    public void A_version_in_a_project_is_noticed() =>
        Versions.Notices("src/A.csproj", "<PackageReference Include=\"A\" Version=\"1.0.0\" />").ShouldBeTrue();

    private static string NameOf(SourceFile file) => Path.GetFileNameWithoutExtension(file.Path);

    private static bool IsBackward(SourceFile file, string line) => file.Project switch
    {
        "src/Rescind" => Names(line, "Authority") || Names(line, "Verifier") || Names(line, "Cli"),
        "src/Rescind.Authority" => Names(line, "Verifier") || Names(line, "Cli"),
        "src/Rescind.Verifier" => Names(line, "Authority") || Names(line, "Cli"),
        "src/Rescind.AspNetCore.Identity" => Names(line, "Verifier") || Names(line, "Client") || Names(line, "Cli"),
        "src/Rescind.Client" => Names(line, "(?!Client)\\w+"),
        _ => false,
    };

    private static bool Names(string line, string part) =>
        Regex.IsMatch(line, $@"^\s*(global )?using (static )?Rescind\.{part}\b|\bRescind\.{part}\.\w+\(");
}
