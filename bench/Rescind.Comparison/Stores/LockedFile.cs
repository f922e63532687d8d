using Microsoft.Data.Sqlite;

namespace Rescind.Comparison.Stores;

/// <summary>
/// A database file that somebody holds for themselves: the way in which a file is away. It must be in rollback mode for that,
/// because readers of a write-ahead log are never locked out.
/// </summary>
internal sealed class LockedFile : IDisposable
{
    private readonly SqliteConnection _holder;

    public LockedFile(string file)
    {
        SqliteConnection.ClearAllPools();
        _holder = new($"Data Source={file};Pooling=False");
        _holder.Open();
        Run("pragma journal_mode = delete");
        Run("begin exclusive");
    }

    public void Dispose()
    {
        Run("rollback");
        Run("pragma journal_mode = wal");
        _holder.Dispose();
    }

    private void Run(string sql)
    {
        using var command = _holder.CreateCommand();
#pragma warning disable CA2100 // Texts of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteScalar();
    }
}
