using System.Text.RegularExpressions;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>Which database, and how long it keeps what nothing needs any more.</summary>
internal sealed record PostgresStoreOptions
{
    /// <summary>The schema of an Authority that is told nothing else.</summary>
    public const string DefaultSchema = "rescind";

    private static readonly Regex SchemaName = new("^[a-z_][a-z0-9_]{0,62}$", RegexOptions.CultureInvariant);

    public required string ConnectionString { get; init; }

    /// <summary>Where the tables are; created if it is not there.</summary>
    public string Schema { get; init; } = DefaultSchema;

    /// <summary>Our own issuer: fixed by the first start, and refused if it differs later.</summary>
    public required string Issuer { get; init; }

    /// <summary>How long audit entries are kept.</summary>
    public TimeSpan AuditRetention { get; init; } = TimeSpan.FromDays(400);

    /// <summary>How long ended sessions, and acts that nothing needs any more, can still be explained.</summary>
    public TimeSpan EndedRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The most idempotency keys of one actor that are remembered: past it the oldest go first.</summary>
    public int MaxKeysOfOneActor { get; init; } = 100_000;

    /// <summary>After how long a commit that does not return counts as one whose outcome nobody knows.</summary>
    public TimeSpan CommitPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What counts its commits; null if nothing does.</summary>
    public AuthorityMetrics? Metrics { get; init; }

    /// <summary>Called before each step of the writer; what it throws is what the step would have thrown. For tests.</summary>
    public Func<PostgresStep, ValueTask>? Before { get; init; }

    /// <summary>What the clock of the database shows, given what it says. For tests whose clock is not the machine's.</summary>
    public Func<DateTimeOffset, DateTimeOffset> DatabaseClock { get; init; } = static said => said;

    /// <summary>Throws for a schema that is none of the names that need no quotes.</summary>
    public void Validate()
    {
        if (!SchemaName.IsMatch(Schema))
        {
            throw new StoreUnavailableException(Errors.DatabaseUnusable.Sentence(
                "The name of the schema is not one of lower case letters, digits and underscores."));
        }
    }
}

/// <summary>The steps of the writer.</summary>
internal enum PostgresStep : byte
{
    None = 0,

    /// <summary>A transaction is about to begin.</summary>
    Begin = 1,

    /// <summary>A change is about to be decided.</summary>
    Item = 2,

    /// <summary>All is written, and about to be committed.</summary>
    Commit = 3,

    /// <summary>The commit is durable, but its answer may be lost.</summary>
    Committed = 4,

    /// <summary>What was appended is about to be published.</summary>
    Publish = 5,
}
