using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Rescind.Conformance.Support;

namespace Rescind.Conformance;

/// <summary><c>docs/conformance.md</c> and the tests say the same.</summary>
public sealed partial class TheTable
{
    private const string Page = "docs/conformance.md";

    private static readonly string[] States = ["tested", "elsewhere", "later", "not ours"];

    private static readonly IReadOnlyList<Row> Rows = [.. File.ReadLines(Path.Combine(Documents.Root, Page))
        .Select(line => Line().Match(line)).Where(match => match.Success)
        .Select(match => new Row(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value))];

    private static readonly ILookup<string, string> Proofs = typeof(TheTable).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods().Select(method => (Name: $"{type.Name}.{method.Name}", method)))
        .Where(test => test.method.IsDefined(typeof(FactAttribute)))
        .SelectMany(test => (test.method.GetCustomAttribute<ProvesAttribute>()?.Ids ?? []).Select(id => (Id: id, test.Name)))
        .ToLookup(proof => proof.Id, proof => proof.Name);

    [Fact]
    public void Every_requirement_claimed_as_tested_is_proved_by_the_tests_that_are_named_and_by_no_others()
    {
        foreach (var row in Rows.Where(row => row.State == "tested"))
        {
            Proofs[row.Id].Order(StringComparer.Ordinal)
                .ShouldBe(Named().Matches(row.By).Select(name => name.Groups[1].Value), row.Id);
        }
    }

    [Fact]
    public void Whatever_a_test_proves_is_in_the_table() =>
        Proofs.Select(proof => proof.Key).ShouldBeSubsetOf(Rows.Where(row => row.State == "tested").Select(row => row.Id));

    [Fact]
    public void A_file_that_holds_a_requirement_elsewhere_cites_it()
    {
        foreach (var row in Rows.Where(row => row.State == "elsewhere"))
        {
            File.ReadAllText(Path.Combine(Documents.Root, Named().Match(row.By).Groups[1].Value)).ShouldContain(row.Id);
        }
    }

    [Fact]
    public void The_ids_of_each_standard_are_there_once_and_without_a_gap()
    {
        foreach (var family in Rows.GroupBy(row => row.Id.Split('-')[0]))
        {
            family.Select(row => row.Id).ShouldBe(
                Enumerable.Range(1, family.Count())
                    .Select(n => string.Create(CultureInfo.InvariantCulture, $"{family.Key}-{n}")));
        }
    }

    [Fact]
    public void Every_row_has_a_state_and_says_by_what() =>
        Rows.ShouldAllBe(row => States.Contains(row.State) && row.By.Length > 0);

    [GeneratedRegex(@"^\| ([A-Z]+-\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$")]
    private static partial Regex Line();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Named();

    private sealed record Row(string Id, string State, string By);
}
