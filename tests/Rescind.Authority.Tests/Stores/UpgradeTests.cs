using Microsoft.Data.Sqlite;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>Data of an earlier schema, opened by this one.</summary>
public sealed class UpgradeTests : StoreSuite, IDisposable
{
    /// <summary>
    /// The last schema in which an act that spares sessions judged them whenever they were used, and was noted only
    /// where verifiers were told.
    /// </summary>
    private const int BeforeSelected = 13;

    /// <summary>
    /// What that schema has of the present tables; <c>selected</c> is left empty, as if no verifier had had to be told.
    /// </summary>
    private static readonly string[] Tables = ["head", "log", "states", "acts", "sessions", "session_tags", "issuers", "audit"];

    private readonly TemporaryFolder _now = new();
    private readonly TemporaryFolder _earlier = new();

    public void Dispose()
    {
        _now.Dispose();
        _earlier.Dispose();
    }

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_now.Path, Time);

    [Fact]
    public async Task What_an_act_of_before_had_ended_by_rule_stays_ended_and_what_it_spared_lives()
    {
        List<Session> sessions;
        List<Revocation> acts;
        await using (var store = await OpenAsync())
        {
            (sessions, acts) = await FillAsync(store);
        }

        MakeEarlier();
        await using var opened = await SqliteUnderTest.OpenAsync(_earlier.Path, Time);

        List<(string Session, long Act)> expected =
        [
            .. from act in acts
               from session in sessions
               where SessionJudge.Selects(act, session.FactsAt(OwnIssuer))
               select (session.Id, act.Position.Value),
        ];
        acts.ShouldAllBe(act => expected.Exists(pair => pair.Act == act.Position.Value));
        Selected().ShouldBe(expected, ignoreOrder: true);
        foreach (var session in sessions)
        {
            var newest = expected.Where(pair => pair.Session == session.Id)
                .Select(pair => (LogPosition?)new LogPosition(pair.Act)).Max();
            (await FindAsync(opened, session)).EndedBy.ShouldBe(newest);
        }
    }

    [Fact]
    public async Task What_was_refreshed_before_under_a_clock_that_was_ahead_is_outlived_by_what_ends_it()
    {
        await using (var store = await OpenAsync())
        {
            await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
            var session = await StartAsync(store, NewSession());
            Time.Advance(TimeSpan.FromHours(1));
            await RotateAsync(store, session);
        }

        var minted = Now;
        Time.Set(TimeSpan.FromHours(-1));
        MakeEarlier();
        await using var opened = await SqliteUnderTest.OpenAsync(_earlier.Path, Time);

        (await RevokeAsync(opened, Match.Subject("alice"))).RememberUntil
            .ShouldBeGreaterThan(minted + Limits.MaxTokenLifetime!.Value + Limits.Leeway);
    }

    // Of each match one session that is hit and one that is excepted. The last acts hit all that is older than their second.
    private async Task<(List<Session> Sessions, List<Revocation> Acts)> FillAsync(OpenedStore store)
    {
        var (sessions, acts) = (new List<Session>(), new List<Revocation>());
        string[] names = ["subject", "client", "tenant", "plan", "aud", "sub", "client_id"];
        foreach (var name in names)
        {
            var (hit, spared) = (await LogInAsync(name), await LogInAsync(name));
            acts.Add(await ActAsync(MatchOf(name), spared));
            sessions.AddRange([hit, spared, await LogInAsync(name)]);
        }

        var (alone, other) = (await LogInAsync("nobody"), await LogInAsync("nobody"));
        acts.Add(await ActAsync(Match.Tag("sid", alone.Id), other));
        sessions.AddRange([alone, other]);
        Time.Advance(TimeSpan.FromMinutes(10));
        var before = Now;
        sessions.Add(await LogInAsync("late"));
        Time.Advance(TimeSpan.FromMinutes(1));
        foreach (var match in (Match[])[Match.Issuer, Match.Tag("iss", OwnIssuer)])
        {
            acts.Add(await RevokeAsync(store, match, second: before));
        }

        return (sessions, acts);

        Task<Session> LogInAsync(string name)
        {
            var session = NewSession($"{name}-1", $"{name}-2", new SessionTag("tenant", $"{name}-3", default));
            return StartAsync(store, session with { Claims = $$"""{"plan":["other","{{name}}-4"]}""", Audience = [$"{name}-5"] });
        }

        async Task<Revocation> ActAsync(Match match, Session spared) =>
            (await store.Revocations.RevokeAsync(Draft(match) with { Except = [spared.Id] }, Cancel)).Revocation!;
    }

    private static Match MatchOf(string name) => name switch
    {
        "subject" => Match.Subject($"{name}-1"),
        "client" => Match.Client($"{name}-2"),
        "tenant" => Match.Tag(name, $"{name}-3"),
        "plan" => Match.Tag(name, $"{name}-4"),
        "aud" => Match.Tag(name, $"{name}-5"),
        "sub" => Match.Tag(name, $"{name}-1"),
        _ => Match.Tag(name, $"{name}-2"),
    };

    private void MakeEarlier()
    {
        using var connection = Open(_earlier.Path, SqliteOpenMode.ReadWriteCreate);
        using var link = new SqliteLink(connection);
        SqliteSchema.Upgrade(link, BeforeSelected);
        link.Execute($"attach '{FileIn(_now.Path)}' as later");
        foreach (var table in Tables)
        {
            var columns = ColumnsOf(link, table);
            link.Execute($"insert into {table} ({columns}) select {columns} from later.{table}");
        }
    }

    private static string ColumnsOf(SqliteLink link, string table)
    {
        using var rows = link.Prepare($"select name from pragma_table_info('{table}')");
        var names = new List<string>();
        while (rows.Step())
        {
            names.Add(rows.Text());
        }

        return string.Join(", ", names);
    }

    private List<(string Session, long Act)> Selected()
    {
        using var connection = Open(_earlier.Path, SqliteOpenMode.ReadOnly);
        using var link = new SqliteLink(connection);
        using var rows = link.Prepare("select session, act from selected");
        var found = new List<(string Session, long Act)>();
        while (rows.Step())
        {
            found.Add((rows.Text(), rows.Int64()));
        }

        return found;
    }

    private static SqliteConnection Open(string folder, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = FileIn(folder), Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static string FileIn(string folder) => Path.Combine(folder, SqliteStoreOptions.DefaultFileName);
}
