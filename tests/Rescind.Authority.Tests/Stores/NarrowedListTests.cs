using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>
/// Lists that several things narrow at once, each pair and all three of them: a page costs no more however many rows
/// each would leave by itself, and what is rare is found at once.
/// </summary>
public sealed class NarrowedListTests(BusyStore busy) : IClassFixture<BusyStore>
{
    private const int Limit = 50;

    // A few thousand rows of three indexes and of the table; everything that the busy actor did takes ten times as many.
    private const long MostSteps = 200_000;

    // What an index finds by itself.
    private const long FewSteps = 5_000;

    private static readonly Dictionary<string, RevocationQuery> Acts = new()
    {
        ["a rare match"] = new(Match: Match.Subject(BusyStore.Rare)),
        ["a rare match, issuer"] = new(StoreSuite.OwnIssuer, Match.Subject(BusyStore.Rare)),
        ["a rare match, actor"] = new(Match: Match.Subject(BusyStore.Rare), Actor: BusyStore.Busy),
        ["a rare match, issuer, actor"] = new(StoreSuite.OwnIssuer, Match.Subject(BusyStore.Rare), BusyStore.Busy),
        ["rare issuer, actor"] = new(BusyStore.RareIssuer, Actor: BusyStore.Busy),
        ["wide match, actor"] = new(Match: Match.Subject(BusyStore.Wide), Actor: BusyStore.Busy),
        ["wide match, issuer, actor"] = new(StoreSuite.OwnIssuer, Match.Subject(BusyStore.Wide), BusyStore.Busy),
    };

    private static readonly Dictionary<string, AuditQuery> Lines = new()
    {
        ["a rare subject, actor"] = new(BusyStore.Rare, null, BusyStore.Busy, default, Limit),
        ["a rare session, actor"] = new(null, BusyStore.Rare, BusyStore.Busy, default, Limit),
        ["a rare subject, session"] = new(BusyStore.Rare, BusyStore.Rare, null, default, Limit),
        ["a rare subject, session, actor"] = new(BusyStore.Rare, BusyStore.Rare, BusyStore.Busy, default, Limit),
        ["wide subject, actor"] = new(BusyStore.Wide, null, BusyStore.Busy, default, Limit),
        ["wide session, actor"] = new(null, BusyStore.Wide, BusyStore.Busy, default, Limit),
        ["wide subject, session, actor"] = new(BusyStore.Wide, BusyStore.Wide, BusyStore.Busy, default, Limit),
    };

    public static TheoryData<string> ActsAsked { get; } = [.. Acts.Keys];

    public static TheoryData<string> LinesAsked { get; } = [.. Lines.Keys];

    [Theory]
    [MemberData(nameof(ActsAsked))]
    public async Task Two_acts_are_found_whatever_else_narrows_the_list_and_no_page_looks_through_the_others(string asked)
    {
        var found = await ReadAsync(
            asked, after => busy.Store.Revocations.ListAsync(Acts[asked], after, Limit, TestContext.Current.CancellationToken));

        found.Count(Acts[asked].Selects).ShouldBe(2);
        found.Count.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(LinesAsked))]
    public async Task Two_lines_of_the_audit_trail_are_found_and_no_page_looks_through_the_others(string asked)
    {
        var found = await ReadAsync(asked, after => busy.Store.Registry.AuditAsync(
            Lines[asked] with { After = after }, TestContext.Current.CancellationToken));

        found.Count.ShouldBe(2);
        found.ShouldAllBe(line => line.Actor == BusyStore.Busy);
    }

    [Fact]
    public async Task Wide_things_that_leave_very_many_rows_together_fill_a_page()
    {
        RevocationQuery everything = new(StoreSuite.OwnIssuer, Actor: BusyStore.Busy);

        var (page, steps) = await busy.CountAsync(
            () => busy.Store.Revocations.ListAsync(everything, default, 200, TestContext.Current.CancellationToken));

        (page.Rows.Count, page.Next).ShouldBe((200, page.Rows[^1].Position));
        steps.ShouldBeLessThan(MostSteps);
    }

    // To the end; what is rare is on the first page.
    private async Task<List<T>> ReadAsync<T>(string asked, Func<LogPosition, Task<ListPage<T>>> read)
    {
        var (found, pages) = (new List<T>(), 0);
        for (LogPosition? after = default(LogPosition); after is { } position; pages++)
        {
            var (page, steps) = await busy.CountAsync(() => read(position));
            steps.ShouldBeLessThan(asked.StartsWith("a rare", StringComparison.Ordinal) ? FewSteps : MostSteps);
            found.AddRange(page.Rows);
            after = page.Next;
            pages.ShouldBeLessThan(10);
        }

        (pages == 1).ShouldBe(asked.Contains("rare", StringComparison.Ordinal));
        return found;
    }
}
