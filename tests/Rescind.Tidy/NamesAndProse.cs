using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>One thing, one word; and words that are never right.</summary>
public sealed class NamesAndProse
{
    private static readonly Regex Declared = new(
        @"\b(?:class|record|struct|interface|enum|delegate\s+\S+)\s+(?<name>\w+)"
        + @"|^\s*(?:public|internal|private|protected)\s(?!.*\b(?:class|record|struct|interface|enum)\b)"
        + @"[^=;({]*?\b(?<name>\w+)\s*(?:[({;=<]|$)",
        RegexOptions.CultureInvariant);

    private static readonly Regex BadName = new(
        @"[Bb]lack[Ll]ist|[Ww]hite[Ll]ist|Ban(s|ned|ning)?(?![a-z])|\bban(s|ned)?(?![a-z])"
        + @"|(?<!^I?Configuration|^RevokingUser|^RevokingRole)Manager|Helper|Util(s|ity|ities)?(?![a-z])|\butils?(?![a-z])"
        + @"|(?<=.)Services?$",
        RegexOptions.CultureInvariant);

    private static readonly Rule Names = Rule.OfFile(
        "Name it by what it is, in the words of the product: no blacklist, ban, helper, util, no type that ends in "
        + "service, and no manager but "
        + "those that derive from the UserManager and the RoleManager of the framework.",
        file => file.IsProductCode,
        file => file.Lines.Index()
            .Where(line => !line.Item.TrimStart().StartsWith("//", StringComparison.Ordinal))
            .SelectMany(line => Declared.Matches(line.Item).Select(match => match.Groups["name"].Value)
                .Where(name => BadName.IsMatch(name))
                .Select(name => file.At(line.Index, name))));

    private static readonly Rule Folders = Rule.OfFile(
        "A file and its folder are named by what is in them.",
        file => file.IsIn("src", "tests", "samples", "bench"),
        file =>
            Regex.IsMatch(file.Path, @"(Helpers?|Utils?|Utilit(y|ies)|(?<!/Revoking(User|Role))Managers?|Common|Misc)(/|\.cs$)")
                ? [file.At(0, file.Path)]
                : []);

    private static readonly Rule Prose = Rule.OfLine(
        "Say revoke, revocation or block (the effect): there is no blacklist here, and nobody writes about helpers.",
        file => file.IsMarkdown || (file.IsProductCode && !file.Path.EndsWith(".txt", StringComparison.Ordinal)),
        @"\b(black|white)-?list|\b(helpers?|utils?)\b", RegexOptions.IgnoreCase);

    private static readonly Rule Unfinished = Rule.OfLine(
        "Do it now, or leave it out and say so in the documentation.",
        file => !file.IsIn("tests/Rescind.Tidy"),
        @"\b(TODO|FIXME|HACK|XXX)\b");

    private static readonly Rule Regions = Rule.OfLine(
        "A file that needs regions is two files.", file => file.IsCode && !file.IsIn("tests/Rescind.Tidy"), @"^\s*#(end)?region");

    private static readonly Rule DeadCode = Rule.OfLine(
        "Code that is commented out is dead: take it away, the history keeps it.", file => file.IsCode, @"^\s*//(?!/).*[;{]\s*$");

    [Fact]
    public void Names_use_the_words_of_the_product() => Names.Holds();

    [Fact]
    public void No_folder_or_file_is_a_drawer() => Folders.Holds();

    [Fact]
    public void Prose_uses_the_words_of_the_product() => Prose.Holds();

    [Fact]
    public void Nothing_is_marked_as_unfinished() => Unfinished.Holds();

    [Fact]
    public void There_are_no_regions() => Regions.Holds();

    [Fact]
    public void There_is_no_commented_out_code() => DeadCode.Holds();

    [Theory]
    [InlineData("internal sealed class TokenBlacklist;", true)]
    [InlineData("internal static class StringHelpers", true)]
    [InlineData("internal sealed class SessionManager(int x)", true)]
    [InlineData("public sealed record RevocationService", true)]
    [InlineData("    public void BanUser(string subject)", true)]
    [InlineData("    private static int JsonUtil => 1;", true)]
    [InlineData("    private readonly IServiceProvider _services;", false)]
    [InlineData("    public static IServiceCollection AddRescind(this IServiceCollection services)", false)]
    [InlineData("    internal ValueTask BandwidthAsync()", false)]
    [InlineData("    public IConfigurationManager<OpenIdConnectConfiguration>? For(JwtBearerOptions options)", false)]
    [InlineData("public class RevokingUserManager<TUser> : UserManager<TUser>", false)]
    [InlineData("internal sealed class Upkeep : BackgroundService", false)]
    public void A_bad_name_is_noticed(string line, bool noticed) => Names.Notices("src/A.cs", line).ShouldBe(noticed);

    [Theory]
    [InlineData("src/Rescind/Helpers/A.cs", true)]
    [InlineData("src/Rescind/JsonUtils.cs", true)]
    [InlineData("src/Rescind/UserManager.cs", true)]
    [InlineData("src/Rescind/RevokingUserManager.cs", false)]
    [InlineData("src/Rescind/Log/A.cs", false)]
    public void A_drawer_is_noticed(string path, bool noticed) => Folders.Notices(path, "").ShouldBe(noticed);

    [Fact]
    public void Bad_prose_is_noticed() => Prose.Notices("docs/a.md", "a Blacklist of tokens").ShouldBeTrue();

    [Fact]
    public void A_mark_of_the_unfinished_is_noticed() => Unfinished.Notices("src/A.cs", "// TODO later").ShouldBeTrue();

    [Fact]
    public void A_region_is_noticed() => Regions.Notices("src/A.cs", "    #region Fields").ShouldBeTrue();

    [Theory]
    [InlineData("    // var x = 1;", true)]
    [InlineData("    // if (x) {", true)]
    [InlineData("    // A reason, not code.", false)]
    [InlineData("    /// <summary>x;", false)]
    public void Dead_code_is_noticed(string line, bool noticed) => DeadCode.Notices("src/A.cs", line).ShouldBe(noticed);
}
