using Microsoft.Data.Sqlite;
using Rescind.Authority.Diagnostics;
using SQLitePCL;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Failures of the disk and the file, by SQLite or by the system, as sentences for operators.</summary>
internal static class SqliteFailure
{
    /// <summary>
    /// What a caller gets instead of <paramref name="error"/>: a failure of the disk or the file becomes "unavailable",
    /// anything else stays itself. <paramref name="outcome"/> is a sentence on what became of the change, where there
    /// was one.
    /// </summary>
    public static Exception Of(Exception error, string file, string outcome = "") => ErrorOf(error) is { } known
        ? new StoreUnavailableException(known.Sentence($"It is about {file}. {outcome}".TrimEnd()), error)
        : error;

    private static Error? ErrorOf(Exception error) => error switch
    {
        SqliteException sqlite => sqlite.SqliteErrorCode switch
        {
            raw.SQLITE_FULL => Errors.DiskFull,
            raw.SQLITE_READONLY => Errors.DataReadOnly,
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Errors.DataDamaged,
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => Errors.DataInUse,
            raw.SQLITE_CANTOPEN or raw.SQLITE_PERM => Errors.DataUnusable,
            raw.SQLITE_IOERR => Errors.DiskFailed,
            _ => null,
        },
        UnauthorizedAccessException or DirectoryNotFoundException => Errors.DataUnusable,
        IOException io => OfSystem(io.HResult),
        _ => null,
    };

    // What .NET has no exception of its own for is known by the system's number alone.
    private static Error OfSystem(int code) => code switch
    {
        11 or 35 or unchecked((int)0x80070020) => Errors.DataInUse,     // EWOULDBLOCK of Linux and macOS, ERROR_SHARING_VIOLATION
        28 or unchecked((int)0x80070070) => Errors.DiskFull,            // ENOSPC, ERROR_DISK_FULL
        30 or unchecked((int)0x80070013) => Errors.DataReadOnly,        // EROFS, ERROR_WRITE_PROTECT
        _ => Errors.DiskFailed,
    };
}
