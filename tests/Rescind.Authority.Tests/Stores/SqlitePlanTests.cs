using Microsoft.Data.Sqlite;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Stores;

/// <summary>
/// Lists and repeats are answered by an index, whatever they are narrowed by: none reads the sessions of others.
/// </summary>
public sealed class SqlitePlanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, true, "sessions_subject (subject=? AND rowid<?)")]
    [InlineData(true, false, "sessions_client (client_id=? AND rowid<?)")]
    [InlineData(true, true, "sessions_client_subject (client_id=? AND subject=? AND rowid<?)")]
    public async Task A_list_of_sessions_goes_by_the_index_of_what_narrows_it(bool byClients, bool bySubject, string index)
    {
        await (await SqliteUnderTest.OpenAsync(_folder.Path, TimeProvider.System)).DisposeAsync();

        var plan = Explain(SqliteSessions.ListSql(byClients, bySubject));

        plan.ShouldContain(index);
        plan.ShouldNotContain("SCAN sessions");
        plan.ShouldNotContain("SCAN own");
    }

    [Fact]
    public async Task Whether_an_actor_s_own_end_stands_is_one_probe_however_many_acts_there_are()
    {
        await (await SqliteUnderTest.OpenAsync(_folder.Path, TimeProvider.System)).DisposeAsync();

        var plan = Explain(SqliteActs.OwnEnd);

        plan.ShouldContain("acts_own_end (issuer=? AND match_kind=? AND value=? AND name=? AND actor=?)");
        plan.ShouldNotContain("TEMP B-TREE");
        plan.ShouldNotContain("SCAN");
    }

    [Fact]
    public async Task A_refresh_probes_for_its_claims_however_many_acts_and_sessions_there_are()
    {
        await (await SqliteUnderTest.OpenAsync(_folder.Path, TimeProvider.System)).DisposeAsync();

        var plan = string.Join('\n', SqliteSessionActs.DecidingSql.Select(Explain));

        plan.ShouldContain("acts_rank (issuer=? AND match_kind=? AND value=? AND name=? AND effect=? AND rank>?)");
        plan.ShouldContain("acts_match (issuer=? AND match_kind=? AND value=? AND name=?)");
        plan.ShouldContain("SEARCH selected USING PRIMARY KEY (session=? AND act_effect=?)");
        plan.ShouldNotContain("SCAN acts");
        plan.ShouldNotContain("(issuer=? AND match_kind=?)");
    }

    [Theory]
    [InlineData("select reason from acts where position < ?1 and issuer = ?2 and actor = ?3 order by position desc limit ?4")]
    [InlineData("select reason from audit where position > ?1 and actor = ?2 and action = ?3 order by position limit ?4")]
    [InlineData("select started from sessions where number >= ?1 and idle_expires_at > ?2 order by number limit 1")]
    public void A_limit_bounds_nothing_where_something_is_asked_for_that_no_index_finds(string sql)
    {
        StatementPlans.FaultOf(sql).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("select reason from acts where position < ?1 order by position desc limit ?2")]
    [InlineData("select reason from acts where position < ?1 and actor = ?2 order by position desc limit ?3")]
    [InlineData("select reason from acts where position < ?1 and position >= ?2 and issuer = ?3 and actor = ?4 "
        + "order by position desc limit ?5")]
    public void A_limit_bounds_what_an_index_finds_and_a_range_whatever_is_asked_for(string sql)
    {
        StatementPlans.FaultOf(sql).ShouldBeNull();
    }

    private string Explain(string sql)
    {
        var file = Path.Combine(_folder.Path, SqliteStoreOptions.DefaultFileName);
        using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "explain query plan " + sql;
        using var rows = command.ExecuteReader();
        var plan = new List<string>();
        while (rows.Read())
        {
            plan.Add(rows.GetString(3));
        }

        return string.Join('\n', plan);
    }
}
