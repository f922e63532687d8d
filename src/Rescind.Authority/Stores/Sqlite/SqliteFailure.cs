using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>SQLite's result codes as sentences for operators.</summary>
internal static class SqliteFailure
{
    /// <summary>What a caller gets instead of <paramref name="error"/>: a failure of the disk or the file becomes "unavailable",
    /// anything else stays itself.</summary>
    public static Exception Of(Exception error, string file) => error is SqliteException sqlite ? Sentence(sqlite, file) : error;

    private static Exception Sentence(SqliteException error, string file)
    {
        var sentence = error.SqliteErrorCode switch
        {
            raw.SQLITE_FULL => $"The disk that holds {file} is full; free some space.",
            raw.SQLITE_READONLY => $"{file} cannot be written; make it and its folder writable for the account that runs the Authority.",
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => $"{file} is damaged, or is no database of Rescind; restore it from a backup.",
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => $"Another program holds {file}; close it.",
            raw.SQLITE_CANTOPEN => $"{file} cannot be opened; check that its folder exists and belongs to the account that runs the Authority.",
            raw.SQLITE_IOERR => $"The disk that holds {file} failed; check it.",
            _ => null,
        };
        return sentence is null ? error : new StoreUnavailableException(sentence + " Nothing was recorded.", error);
    }
}
