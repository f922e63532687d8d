namespace Rescind.Tests.Log;

public sealed class MatchKindRows
{
    private static readonly MatchKind[] Kinds = [.. Enum.GetValues<MatchKind>().Where(kind => kind is not MatchKind.None)];

    [Fact]
    public void Every_kind_has_its_row_in_its_place() =>
        MatchKinds.All.Select(row => row.Kind).ShouldBe(Kinds);

    [Fact]
    public void Every_kind_is_found_by_a_word_of_its_own()
    {
        MatchKinds.All.Select(row => MatchKinds.Find(row.Word)).ShouldBe(MatchKinds.All);
        MatchKinds.Find("of a newer version").ShouldBeNull();
    }

    [Fact]
    public void What_has_no_row_is_no_match()
    {
        Should.Throw<ArgumentException>(() => Match.From(MatchKind.None, null, "x"));
        Should.Throw<ArgumentException>(() => Match.From(Kinds[^1] + 1, null, "x"));
    }

    [Fact]
    public void A_match_has_the_parts_of_its_kind_and_no_others()
    {
        foreach (var row in MatchKinds.All)
        {
            var (name, value) = (row.HasName ? "n" : null, row.HasValue ? "v" : null);

            Match.From(row.Kind, name, value).Traits.ShouldBe(row);
            Should.Throw<ArgumentException>(() => Match.From(row.Kind, row.HasName ? null : "n", value));
            Should.Throw<ArgumentException>(() => Match.From(row.Kind, name, row.HasValue ? null : "v"));
        }
    }

    [Fact]
    public void What_a_row_does_not_say_is_broad_and_asks_for_a_cutoff()
    {
        var row = new MatchTraits(MatchKind.None, "new");

        (row.IsNarrow, row.EndsUnconditionally, row.Allows(Effect.End)).ShouldBe((false, false, false));
    }
}
