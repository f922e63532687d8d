using System.Net;

namespace Rescind.Authority.Tests.Access;

/// <summary><c>docs/access.md</c>, read.</summary>
internal static class AccessTable
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "access.md"));

    private static readonly List<string[]> Rows = Read("route");

    /// <summary>What a cell other than <c>yes</c> stands for.</summary>
    public static IReadOnlyDictionary<string, Refusal> Refusals { get; } =
        Read("cell").Skip(1).ToDictionary(row => row[0], row => new Refusal(Enum.Parse<HttpStatusCode>(row[1]), row[2], row[3]));

    public static IReadOnlyList<string> Callers { get; } = Rows[0][1..];

    /// <summary>The cells of each route, by caller.</summary>
    public static IReadOnlyDictionary<string, Dictionary<string, string>> Routes { get; } =
        Rows.Skip(1)
            .ToDictionary(row => row[0], row => Callers.Zip(row[1..]).ToDictionary(cell => cell.First, cell => cell.Second));

    /// <summary>Whose sessions each of the session routes reaches: the headings first.</summary>
    public static IReadOnlyList<string[]> Sessions { get; } = Read("session route");

    /// <summary>The rows of the table whose first heading is <paramref name="heading"/>, which is the first of them.</summary>
    private static List<string[]> Read(string heading) =>
    [
        .. Lines.SkipWhile(line => !line.StartsWith($"| {heading} |", StringComparison.Ordinal))
            .TakeWhile(line => line.StartsWith('|'))
            .Where(line => !line.StartsWith("|---", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim(' ', '`')).ToArray()),
    ];
}

/// <summary>A documented refusal: its number, or the error of OAuth.</summary>
internal sealed record Refusal(HttpStatusCode Status, string Code, string Challenge);
