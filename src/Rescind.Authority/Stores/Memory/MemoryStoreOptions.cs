namespace Rescind.Authority.Stores.Memory;

/// <summary>How an in-memory store behaves.</summary>
internal sealed record MemoryStoreOptions
{
    public required string Issuer { get; init; }

    /// <summary>How many idempotency keys are kept of one actor.</summary>
    public int MaxKeysOfOneActor { get; init; } = 100_000;

    /// <summary>How long the log is kept for whoever follows it.</summary>
    public TimeSpan LogRetention { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the audit trail is kept.</summary>
    public TimeSpan AuditRetention { get; init; } = TimeSpan.FromDays(400);

    /// <summary>How long what ended is kept so that it can be explained.</summary>
    public TimeSpan EndedRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Asked before each step: what goes wrong there, after as long as it likes. Null: nothing ever does.</summary>
    public Func<MemoryStep, ValueTask<MemoryFault>>? Before { get; init; }
}

/// <summary>A step of a change, or a look.</summary>
internal enum MemoryStep : byte
{
    None = 0,

    /// <summary>What the decision asks for is about to be read.</summary>
    Fetch = 1,

    /// <summary>What it says is about to be written.</summary>
    Commit = 2,

    /// <summary>It is written, and its caller is about to be told.</summary>
    Answer = 3,

    /// <summary>Something is about to be looked up that changes nothing.</summary>
    Read = 4,
}

/// <summary>What goes wrong at a step.</summary>
internal enum MemoryFault : byte
{
    None = 0,

    /// <summary>The step fails; after the commit its caller is not told that it is written.</summary>
    Fail = 1,

    /// <summary>Something that the decision rests on has changed.</summary>
    Conflict = 2,
}
