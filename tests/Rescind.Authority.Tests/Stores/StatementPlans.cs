using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>
/// How SQLite would run a statement on tables that are full, with and without their statistics. What a statement costs
/// must not rise with the acts, the sessions or the log: it finds what it needs by an index, or reads a bounded number
/// of rows in the order of one. Not looked at are an upgrade and what a verb does while no server runs: to accept the
/// time, and to restore.
/// </summary>
internal static partial class StatementPlans
{
    /// <summary>
    /// Tables that hold a row for each client, key, issuer, verifier or spread under way: few, however long the Authority runs.
    /// </summary>
    private static readonly string[] Small =
        ["clients", "client", "keys", "issuers", "head", "verifiers", "uncounted_verifiers", "idempotency_counts", "spreads",
            "logout_cursor", "sqlite_master"];

    /// <summary>Columns that alone find few rows. A client, a tag or a kind of match may have any number.</summary>
    private static readonly string[] Selective =
        ["rowid", "number", "id", "subject", "session", "session_id", "position", "act", "key", "instance", "value", "one"];

    /// <summary>Statements that read a table on purpose, by what they hold and why that is right.</summary>
    private static readonly (string Part, string Reason)[] Exceptions =
    [
        ("select 1 from sessions limit 1 offset", "It looks at as many rows as its offset says, and at nothing else."),
        ("from sessions where number > ?1 and",
            "Whoever looks for the sessions of an act stops after as many as they may look at."),
        ("where remember_until >= ?2", "A snapshot is all that is remembered, and is sent as it is read."),
        ("delete from log where position <= ?1", "The position is that of the last of a few rows, the oldest."),
        ("delete from audit where position <= ?1", "The same."),
    ];

    /// <summary>Columns that are the number of their row.</summary>
    private static readonly string[] Numbers = ["number", "position"];

    private static readonly Lazy<string[]> Files = new(Fill);

    private static readonly Lazy<HashSet<string>> Columns = new(ReadColumns);

    private static readonly ConcurrentDictionary<string, string?> Found = new(StringComparer.Ordinal);

    /// <summary>Fails if <paramref name="sql"/> reads more than it needs.</summary>
    public static void Check(string sql)
    {
        if (Found.GetOrAdd(sql, FaultOf) is { } fault)
        {
            throw new ShouldAssertException(fault);
        }
    }

    /// <summary>What is wrong with the plan of a statement; null if nothing is.</summary>
    public static string? FaultOf(string sql)
    {
        if (sql.StartsWith("pragma", StringComparison.Ordinal)
            || Exceptions.Any(exception => sql.Contains(exception.Part, StringComparison.Ordinal)))
        {
            return null;
        }

        var wrong = Files.Value.Select(file => Explain(file, sql))
            .SelectMany(plan => plan.Where(step => IsWrong(step, IsBounded(sql, plan)))).Distinct().ToList();
        return wrong.Count == 0 ? null : $"{string.Join('\n', wrong)}\nin: {sql}";
    }

    /// <summary>The steps of the plan of <paramref name="sql"/> on a database.</summary>
    public static IReadOnlyList<string> Explain(string file, string sql)
    {
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

        return plan;
    }

    // A limit bounds what is looked at only where an index finds all that is asked for: for what else is asked, very
    // many rows may be passed over to find few.
    private static bool IsBounded(string sql, IReadOnlyList<string> plan)
    {
        var found = plan.SelectMany(static step => Term().Matches(step)).Select(static term => term.Groups[1].Value).ToHashSet();
        var conditions = FirstWhere().Match(sql) is { Success: true } first ? sql[first.Index..] : "";
        return Limit().IsMatch(sql) && Compared().Matches(conditions).Select(static condition => condition.Groups[1].Value)
            .All(column => found.Contains(column) || (Numbers.Contains(column) && found.Contains("rowid"))
                || !Columns.Value.Contains(column));
    }

    private static bool IsWrong(string step, bool bounded)
    {
        if (Scan().Match(step) is { Success: true } scan)
        {
            return !step.Contains("VIRTUAL TABLE", StringComparison.Ordinal) && !scan.Groups[1].Value.StartsWith('(')
                && !char.IsAsciiDigit(scan.Groups[1].Value[0]) && scan.Groups[1].Value != "CONSTANT"
                && !Small.Contains(scan.Groups[1].Value);
        }

        if (Search().Match(step) is not { Success: true } search || Small.Contains(search.Groups[1].Value))
        {
            return false;
        }

        bounded |= step.Contains(" EXISTS ", StringComparison.Ordinal);
        var terms = search.Groups[2].Value.Split(" AND ");
        var finds = terms.Where(term => term.EndsWith("=?", StringComparison.Ordinal)).Select(term => term[..^2]);
        return !bounded && !IsRange(terms) && !finds.Intersect(Selective).Any();
    }

    // From one row to another: whoever asks knows how many lie between.
    private static bool IsRange(string[] terms) =>
        terms.Any(term => term.EndsWith(">?", StringComparison.Ordinal) && terms.Contains(term[..^2] + "<?"));

    // Of the tables that grow.
    private static HashSet<string> ReadColumns()
    {
        using var connection = new SqliteConnection($"Data Source={Files.Value[0]};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            "select m.name, c.name from sqlite_master as m cross join pragma_table_info(m.name) as c where m.type = 'table'";
        using var rows = command.ExecuteReader();
        var columns = new HashSet<string>(StringComparer.Ordinal);
        while (rows.Read())
        {
            if (!Small.Contains(rows.GetString(0)))
            {
                columns.Add(rows.GetString(1));
            }
        }

        return columns;
    }

    // Two databases: as it is filled, and with what analyze says of that.
    private static string[] Fill()
    {
        var folder = new TemporaryFolder();
        SqliteStoreOptions options = new() { Folder = folder.Path, Issuer = StoreSuite.OwnIssuer };
        SqliteStore.Open(options, TimeProvider.System, Entropy.System).DisposeAsync().AsTask().GetAwaiter().GetResult();
        var file = Path.Combine(folder.Path, SqliteStoreOptions.DefaultFileName);
        Run(file, FullTables.Sql(rows: 5000, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        var analyzed = file + ".analyzed";
        File.Copy(file, analyzed);
        Run(analyzed, "analyze");
        return [file, analyzed];
    }

    private static void Run(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql + "; pragma wal_checkpoint(truncate); pragma journal_mode = delete";
        command.ExecuteNonQuery();
    }

    [GeneratedRegex(@"\blimit\b")]
    private static partial Regex Limit();

    [GeneratedRegex(@"\bwhere\b")]
    private static partial Regex FirstWhere();

    [GeneratedRegex(@"\b([a-z_]+) (?:=|<|<=|>|>=|is|in) ")]
    private static partial Regex Compared();

    [GeneratedRegex(@"\b([a-z_]+)[=<>]\?")]
    private static partial Regex Term();

    [GeneratedRegex(@"^SCAN (\S+)")]
    private static partial Regex Scan();

    [GeneratedRegex(@"^SEARCH (\S+) .*\((.*)\)")]
    private static partial Regex Search();
}
