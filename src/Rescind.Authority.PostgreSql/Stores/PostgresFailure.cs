using System.Net.Sockets;
using Npgsql;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>Failures of the database and of the way to it, as sentences for operators.</summary>
internal static class PostgresFailure
{
    /// <summary>
    /// What a caller gets instead of <paramref name="error"/>: a failure of the database becomes "unavailable", anything
    /// else stays itself. <paramref name="outcome"/> is a sentence on what became of the change, where there was one.
    /// </summary>
    public static Exception Of(Exception error, string outcome = "") => error switch
    {
        StoreUnavailableException => error,
        _ when !IsOfNetwork(error) => error,
        _ => new StoreUnavailableException(ErrorOf(error).Sentence($"{SpecificsOf(error)} {outcome}".Trim()), error),
    };

    /// <summary>
    /// Whether it says something of the database, and not of who asked it or of who reads what it answers.
    /// </summary>
    public static bool IsOfDatabase(Exception error) => error is NpgsqlException or ConflictException or CommitInDoubtException
        || (error is InvalidOperationException && error.Source == "Npgsql");

    /// <summary>The same of what may go wrong before there is a connection.</summary>
    public static bool IsOfNetwork(Exception error) =>
        IsOfDatabase(error) || error is SocketException or IOException or TimeoutException;

    /// <summary>Whether the same again may succeed at once: others changed or held what it needs.</summary>
    public static bool IsConflict(Exception error) => error is ConflictException
        || (error is PostgresException postgres && postgres.SqlState is PostgresErrorCodes.SerializationFailure
            or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.UniqueViolation);

    /// <summary>Whether others held for too long what it needs.</summary>
    public static bool IsLocked(Exception error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable };

    private static Error ErrorOf(Exception error) => error is PostgresException postgres
        ? postgres.SqlState switch
        {
            PostgresErrorCodes.ReadOnlySqlTransaction => Errors.DatabaseReadOnly,
            PostgresErrorCodes.InsufficientPrivilege => Errors.DatabaseRights,
            PostgresErrorCodes.DiskFull => Errors.DiskFull,
            PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => Errors.DataDamaged,
            PostgresErrorCodes.IoError => Errors.DiskFailed,
            _ => Errors.DatabaseUnusable,
        }
        : Errors.DatabaseUnusable;

    // What the server says of a row may repeat what is in it.
    private static string SpecificsOf(Exception error) => error switch
    {
        PostgresException postgres => $"It says {postgres.SqlState}: {postgres.MessageText}.",
        ConflictException => "Others changed the same again and again.",
        CommitInDoubtException => error.Message,
        _ => $"{error.Message.ReplaceLineEndings(" ").TrimEnd('.')}.",
    };
}
