using Rescind.Authority.Diagnostics;
using SQLitePCL;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Where the embedded store lives, and how long it keeps what nothing needs any more.</summary>
internal sealed record SqliteStoreOptions
{
    /// <summary>The database of an Authority that is told nothing else.</summary>
    public const string DefaultFileName = "rescind.db";

    /// <summary>Enough for some hundreds of megabytes.</summary>
    public static readonly TimeSpan DefaultCheckTime = TimeSpan.FromSeconds(1);

    /// <summary>The folder of the database, its lock and its mark; created 0700 if it is not there.</summary>
    public required string Folder { get; init; }

    public string FileName { get; init; } = DefaultFileName;

    /// <summary>Our own issuer: fixed by the first start, and refused if it differs later.</summary>
    public required string Issuer { get; init; }

    /// <summary>How long audit entries are kept.</summary>
    public TimeSpan AuditRetention { get; init; } = TimeSpan.FromDays(400);

    /// <summary>How long ended sessions, and acts that nothing needs any more, can still be explained.</summary>
    public TimeSpan EndedRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a start looks whether every page is whole; the rest is looked at later.</summary>
    public TimeSpan CheckTime { get; init; } = DefaultCheckTime;

    /// <summary>The most idempotency keys of one actor that are remembered: past it the oldest go first.</summary>
    public int MaxKeysOfOneActor { get; init; } = 100_000;

    /// <summary>What counts its commits; null if nothing does.</summary>
    public AuthorityMetrics? Metrics { get; init; }

    /// <summary>Called before each step of the writer; what it throws is what the step would have thrown. For tests that fail at
    /// every step.</summary>
    public Action<WriteStep>? Before { get; init; }

    /// <summary>Called with each statement that a connection prepares. For tests that look at what a statement costs.</summary>
    public Action<string, sqlite3_stmt>? Prepared { get; init; }
}

/// <summary>The steps of the writer.</summary>
internal enum WriteStep : byte
{
    None = 0,
    Begin = 1,
    Item = 2,
    Append = 3,
    Release = 4,
    Commit = 5,

    /// <summary>The commit is durable, but its answer is lost.</summary>
    Committed = 6,

    Publish = 7,
}
