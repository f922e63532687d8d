using SQLitePCL;

namespace Rescind.Benchmarks.Growth;

/// <summary>
/// What SQLite counts of every statement of a store: steps of its virtual machine, and steps of a scan that no index bounds.
/// </summary>
internal sealed class StepCounts
{
    private readonly List<(string Sql, sqlite3_stmt Statement)> _statements = [];

    public void Add(string sql, sqlite3_stmt statement)
    {
        lock (_statements)
        {
            _statements.Add((sql, statement));
        }
    }

    /// <summary>What was counted since it was asked last. Ask when nothing runs.</summary>
    public (long Steps, long Scanned) Take()
    {
        lock (_statements)
        {
            return _statements.Aggregate((Steps: 0L, Scanned: 0L), static (sum, one) => (
                sum.Steps + raw.sqlite3_stmt_status(one.Statement, raw.SQLITE_STMTSTATUS_VM_STEP, 1),
                sum.Scanned + raw.sqlite3_stmt_status(one.Statement, raw.SQLITE_STMTSTATUS_FULLSCAN_STEP, 1)));
        }
    }
}
