using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>
/// C# without its comments and texts; what stands in the braces of an interpolated text is code. Lines stay where they are.
/// </summary>
internal static class PlainCode
{
    // In this order: a text may hold what looks like a comment, and a comment what looks like a text.
    private static readonly Regex Prose = new(
        @"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])+'|\$*""{3,}.*?""{3,}"
        + @"|\$""(?:\{\{|\}\}|\{(?<hole>(?:[^{}""]|""(?:\\.|[^""\\\n])*""|\{[^{}]*\})*)\}|\\.|[^""\\{}\n])*"""
        + @"|\$?@\$?""(?:""""|[^""])*""|""(?:\\.|[^""\\\n])*""",
        RegexOptions.Singleline | RegexOptions.CultureInvariant);

    public static string Of(string text) => Prose.Replace(text, static prose =>
        string.Join(' ', prose.Groups["hole"].Captures.Select(hole => Of(hole.Value))).Replace('\n', ' ')
        + " " + new string('\n', prose.Value.Count(c => c == '\n')));
}
