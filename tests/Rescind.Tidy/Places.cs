using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>Nothing in the repository knows the machine that it was written on.</summary>
public sealed class Places
{
    private static readonly Rule MachinePaths = Rule.OfLine(
        "A path of one machine means nothing on another.",
        file => !file.IsIn("tests/Rescind.Tidy"),
        @"(?<![\w.$}/])/(work|root|home|tmp|Users)/\w|[A-Z]:\\\\?(Users|Temp|work)\b");

    private static readonly Rule Registries = Rule.OfLine(
        "Registries are configured by whoever restores, never here.",
        file => !file.IsIn("tests/Rescind.Tidy"),
        @"//[\w.-]*registry\.|api\.nuget\.org|npmjs\.(org|com)|""resolved"": *""(?!\.\.?/)|artifactory|jfrog|packageSources",
        RegexOptions.IgnoreCase);

    private static readonly Rule Tokens = Rule.OfLine(
        "A key or a credential does not belong in the repository.",
        file => !file.IsIn("tests/Rescind.Tidy"),
        @"-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_\w{30,}|\bAKIA[0-9A-Z]{16}\b");

    private static readonly Rule LineEnds = Rule.OfFile(
        "A text file ends with one line end, and has no carriage returns.",
        file => file.Text.Length > 0,
        file => file.Text.Contains('\r', StringComparison.Ordinal) || !EndsWithOne(file.Text)
            ? [file.At(file.Lines.Count - 1, file.Name)]
            : []);

    [Fact]
    public void No_path_of_a_machine_is_written_down() => MachinePaths.Holds();

    [Fact]
    public void No_registry_is_written_down() => Registries.Holds();

    [Fact]
    public void No_credential_is_written_down() => Tokens.Holds();

    [Fact]
    public void Files_end_with_a_line_end() => LineEnds.Holds();

    [Theory]
    [InlineData("see /home/me/x", true)]
    [InlineData("see /tmp/build", true)]
    [InlineData("C:\\Users\\me", true)]
    [InlineData("https://auth.example.com/home/page", false)]
    [InlineData("GET /v1/work/x", false)]
    public void A_machine_path_is_noticed(string text, bool noticed) => MachinePaths.Notices("docs/a.md", text).ShouldBe(noticed);

    [Theory]
    [InlineData("https://registry.example.org/jose", true)]
    [InlineData("\"resolved\": \"https://x\"", true)]
    [InlineData("\"resolved\": \"../../clients/node\"", false)]
    public void A_registry_is_noticed(string text, bool noticed) =>
        Registries.Notices("package-lock.json", text).ShouldBe(noticed);

    [Fact]
    public void A_private_key_is_noticed() => Tokens.Notices("a.txt", "-----BEGIN EC PRIVATE KEY-----").ShouldBeTrue();

    [Theory]
    [InlineData("a", true)]
    [InlineData("a\r\n", true)]
    [InlineData("a\n\n", true)]
    [InlineData("a\n", false)]
    public void A_missing_line_end_is_noticed(string text, bool noticed) => LineEnds.Notices("a.txt", text).ShouldBe(noticed);

    private static bool EndsWithOne(string text) => text.EndsWith('\n') && !text.EndsWith("\n\n", StringComparison.Ordinal);
}
