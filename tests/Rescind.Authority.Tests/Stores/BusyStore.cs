using Microsoft.Data.Sqlite;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;
using SQLitePCL;

namespace Rescind.Authority.Tests.Stores;

/// <summary>
/// A store in which one actor did a hundred thousand things, two of them to each rare target, among twenty thousand
/// that others did to one wide target. The plan of every statement is looked at, and its steps are counted.
/// </summary>
public sealed class BusyStore : IAsyncLifetime
{
    internal const string Busy = "client:busy";
    internal const string Rare = "rare";
    internal const string Wide = "wide";
    internal const string RareIssuer = "https://rare.example";

    private const int Rows = 120_000;

    // Every sixth is by others and on the wide target, but for the two of the busy actor.
    private const string Actor = $"iif(i % 6 = 0 and i not in (60, 120), 'client:other', '{Busy}')";
    private const string Target = $"iif(i % 6 = 0, '{Wide}', iif(i in (10, 20), '{Rare}', 'target-' || i))";

    private readonly TemporaryFolder _folder = new();
    private readonly List<sqlite3_stmt> _statements = [];

    internal OpenedStore Store { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await (await SqliteUnderTest.OpenAsync(_folder.Path, TimeProvider.System)).DisposeAsync();
        Fill();
        Store = await SqliteUnderTest.OpenAsync(
            _folder.Path, TimeProvider.System, options => options with { Prepared = Prepare });
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>How many steps SQLite took for what <paramref name="call"/> asks.</summary>
    internal async Task<(T Answer, long Steps)> CountAsync<T>(Func<Task<T>> call)
    {
        Take();
        var answer = await call();
        return (answer, Take());
    }

    private void Prepare(string sql, sqlite3_stmt statement)
    {
        StatementPlans.Check(sql);
        _statements.Add(statement);
    }

    private long Take() =>
        _statements.ToArray().Sum(static statement => (long)raw.sqlite3_stmt_status(statement, raw.SQLITE_STMTSTATUS_VM_STEP, 1));

    private void Fill()
    {
        using var connection = new SqliteConnection(
            $"Data Source={Path.Combine(_folder.Path, SqliteStoreOptions.DefaultFileName)};Pooling=False");
        connection.Open();
        using var fill = connection.CreateCommand();
        fill.CommandText =
            $"""
            begin;
            create temp table n as
                with recursive counted(i) as (select 1 union all select i + 1 from counted where i < {Rows})
                select i from counted;
            insert into acts (position, at, issuer, match_kind, name, value, effect, second, reason, actor, remember_until,
                    by_session)
                select i, 1, iif(i in (25, 35), '{RareIssuer}', '{StoreSuite.OwnIssuer}'), 4, '', {Target}, 2, 1, 'test', {Actor},
                    9007199254740991, 0 from n;
            insert into audit (position, at, actor, action, match_kind, name, value, effect, subject, session_id)
                select i, 1, {Actor}, 'revoked', 0, '', '', 0, {Target}, {Target} from n;
            commit;
            """;
        fill.ExecuteNonQuery();
    }
}
