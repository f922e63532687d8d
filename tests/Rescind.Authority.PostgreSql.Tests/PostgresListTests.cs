using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>Lists of very many rows, which two things narrow at once, and of rows of one position.</summary>
public sealed class PostgresListTests(PostgresCluster cluster) : StoreSuite
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);

    [Fact]
    public async Task Lines_that_two_wide_things_leave_are_all_found_on_pages_that_come_short()
    {
        await using var store = await OpenAsync();
        await FillAsync(12_000, "case when n in (3000, 9000) or n % 2 = 0 then 'client:busy' else 'client:other' end",
            "case when n in (3000, 9000) or n % 2 = 1 then 'wide' else 'others' end");

        var (found, pages) = await ReadAsync(store, new("wide", null, "client:busy", default, 50));

        found.ShouldBe([3000, 9000]);
        pages.ShouldBe(2);
    }

    [Fact]
    public async Task A_line_that_a_rare_thing_leaves_is_on_the_first_page()
    {
        await using var store = await OpenAsync();
        await FillAsync(12_000, "'client:busy'", "case when n = 11000 then 'rare' else 'wide' end");

        var (found, pages) = await ReadAsync(store, new("rare", null, "client:busy", default, 50));

        found.ShouldBe([11_000]);
        pages.ShouldBe(1);
    }

    [Fact]
    public async Task Lines_of_one_position_are_on_one_page()
    {
        await using var store = await OpenAsync();
        await FillAsync(6, "'client:busy'", "'alice'", "(n + 2) / 3");

        var (found, _) = await ReadAsync(store, new(null, null, null, default, 1));

        found.ShouldBe([1, 1, 1, 2, 2, 2]);
    }

    // Line n of the audit trail, with the actor, the subject and the position that SQL says.
    private Task FillAsync(int count, string actor, string subject, string position = "n") => cluster.ExecuteAsync(
        $"""
        insert into {_schema}.audit (position, at, actor, action, match_kind, name, value, effect, subject)
        select {position}, 0, {actor}, 'revoked', 0, '', '', 0, {subject} from generate_series(1, {count}) as n
        """);

    private static async Task<(List<long> Positions, int Pages)> ReadAsync(OpenedStore store, AuditQuery query)
    {
        var (found, pages) = (new List<long>(), 0);
        for (LogPosition? after = default(LogPosition); after is { } position; pages++)
        {
            pages.ShouldBeLessThan(10);
            var page = await store.Registry.AuditAsync(query with { After = position }, Cancel);
            found.AddRange(page.Rows.Select(static line => line.Position.Value));
            after = page.Next;
        }

        return (found, pages);
    }
}
