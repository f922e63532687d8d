

namespace Rescind.Authority.Stores.Memory;

/// <summary>
/// What an in-memory store holds: it stays when a store is closed, and several stores may have it open. Whoever reads
/// or writes it holds <see cref="Lock"/>.
/// </summary>
internal sealed class MemoryData
{
    public Lock Lock { get; } = new();

    /// <summary>Rises with every commit: what was read before is not what is there now.</summary>
    public long Version { get; set; }

    /// <summary>Our own issuer; null before the first start.</summary>
    public string? Issuer { get; set; }

    public LogHead Head { get; set; } = LogHead.Empty("none");

    /// <summary>Whether it is an older copy, and its signing keys have still to be replaced.</summary>
    public bool Restored { get; set; }

    /// <summary>The version of the registry.</summary>
    public long Registry { get; set; }

    /// <summary>The clock of the store, whichever its nodes have: of the first that opened it, if nobody sets it.</summary>
    public TimeProvider? Time { get; set; }

    /// <summary>Who holds each lease, and until when by <see cref="Time"/>.</summary>
    public Dictionary<string, (string Holder, DateTimeOffset Until)> Leases { get; } = new(StringComparer.Ordinal);

    /// <summary>How many there were of what is counted by the minute, and since when by <see cref="Time"/>.</summary>
    public Dictionary<string, (int Count, DateTimeOffset Began)> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>The last position that was given out.</summary>
    public LogPosition Last { get; set; }

    /// <summary>The second of the newest thing recorded.</summary>
    public long Newest { get; set; }

    /// <inheritdoc cref="Present.Minted"/>
    public long Minted { get; set; }

    /// <summary>What time is known to be past, and how much of it clocks alone have shown.</summary>
    public TimeAtStart Start { get; set; }

    /// <summary>The latest date of a state that was forgotten; 0 if none was.</summary>
    public long Forgotten { get; set; }

    /// <summary>The position and the chain before the oldest entry that is kept.</summary>
    public (LogPosition Position, LogChain Chain) LogBase { get; set; }

    public SortedDictionary<long, (LogEntry Entry, LogChain Chain)> Log { get; } = [];

    public SortedDictionary<long, AuditEntry> Audit { get; } = [];

    /// <summary>Rows of sessions by the order of their start.</summary>
    public SortedDictionary<long, MemorySession> Sessions { get; } = [];

    public Dictionary<string, long> SessionNumbers { get; } = new(StringComparer.Ordinal);

    public long LastSession { get; set; }

    public SortedDictionary<long, Revocation> Acts { get; } = [];

    /// <summary>The acts on each match.</summary>
    public Dictionary<(string Issuer, Match Match), SortedSet<LogPosition>> ActsOf { get; } = [];

    /// <summary>Which sessions each act has selected one by one, in that order.</summary>
    public Dictionary<LogPosition, List<string>> Selected { get; } = [];

    /// <summary>Which acts have selected each session one by one.</summary>
    public Dictionary<string, SortedSet<LogPosition>> SelectedBy { get; } = new(StringComparer.Ordinal);

    public Dictionary<LogPosition, (long After, long Scanned)> Spreads { get; } = [];

    /// <summary>The newest entry of each match.</summary>
    public Dictionary<(string Issuer, Match Match), LogEntry> States { get; } = [];

    public Dictionary<string, (SaveIssuer Saved, bool IsRemoved)> Issuers { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, SaveKey> Keys { get; } = new(StringComparer.Ordinal);

    /// <summary>The clients, and since when each is told of logouts.</summary>
    public SortedDictionary<string, (ClientRecord Record, LogPosition? LogoutSince)> Clients { get; } =
        new(StringComparer.Ordinal);

    public SortedDictionary<(string ClientId, string Instance), StoredVerifier> Verifiers { get; } = [];

    public SortedDictionary<string, StoredUncounted> Uncounted { get; } = new(StringComparer.Ordinal);

    /// <summary>The answers to idempotency keys of each actor, and when each was given.</summary>
    public Dictionary<(string Actor, string Key), (KeptAnswer Answer, long At)> Answers { get; } = [];

    public SortedDictionary<long, Logout> Logouts { get; } = [];

    public long LastLogout { get; set; }

    /// <summary>Up to which act logouts were looked for.</summary>
    public LogPosition LogoutCursor { get; set; }

    /// <summary>The row of a session; null if there is none.</summary>
    public MemorySession? Find(string id) => SessionNumbers.TryGetValue(id, out var number) ? Sessions[number] : null;

    /// <summary>The acts on a match, oldest first.</summary>
    public IEnumerable<Revocation> ActsOn(string issuer, Match match) =>
        ActsOf.TryGetValue((issuer, match), out var positions) ? positions.Select(position => Acts[position.Value]) : [];

    /// <summary>The acts that have selected a session one by one and were not taken back, oldest first.</summary>
    public IEnumerable<Revocation> ActsSelecting(string session) => SelectedBy.TryGetValue(session, out var positions)
        ? positions.Select(position => Acts[position.Value]).Where(static act => act.LiftedBy is null)
        : [];
}

/// <summary>A session, and what only its row knows.</summary>
/// <param name="Number">The order of its start.</param>
/// <param name="Session">The session, not judged.</param>
/// <param name="RepeatedGeneration">The newest generation that was answered more than once; 0 if none was.</param>
/// <param name="EndedAt">When its row was ended.</param>
internal sealed record MemorySession(long Number, Session Session, long RepeatedGeneration = 0, long? EndedAt = null)
{
    /// <summary>As decisions see it: a run of retries is over once a generation went by without one.</summary>
    public SessionRow Row => new(
        Number, RepeatedGeneration, RepeatedGeneration + 1 >= Session.Generation ? Session : Session with { RetriesInARow = 0 });
}
