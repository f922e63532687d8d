namespace Rescind.Tests;

/// <summary>Entries as an Authority would write them, and replicas that hold them.</summary>
internal static class TestLog
{
    public const string Own = "https://auth.shop.example";
    public const string Foreign = "https://login.idp.example/tenant-1";

    public static IssuerRecord Record(bool own, IssuerLimits? limits = null) => new()
    {
        Issuer = own ? Own : Foreign,
        Own = own,
        Limits = limits ?? (own ? new(300, 7_776_000, 0, 30) : new(3600, 86_400, 5, 30)),
        SendsAuthTime = true,
        Types = ["at+jwt"],
        Algorithms = ["ES256"],
    };

    public static LogEntry Entry(IssuerRecord record) => new()
    {
        Kind = LogEntryKind.Issuer,
        Position = new(1),
        At = 0,
        Issuer = record.Issuer,
        Match = Match.Issuer,
        Record = record.ToJson(),
    };

    public static LogEntry Entry(string issuer, Match match, RevocationState state, long position = 1) => new()
    {
        Kind = LogEntryKind.State,
        Position = new(position),
        At = position / 1_000_000,
        Issuer = issuer,
        Match = match,
        State = state,
    };

    public static LogHead Head(string epoch, long position) =>
        new(epoch, new(position), position / 1_000_000, LogChain.Start(epoch));

    /// <summary>A replica that is always fresh and holds <paramref name="entries"/>.</summary>
    public static Replica Replica(TimeProvider time, params IReadOnlyList<LogEntry> entries)
    {
        var replica = Rescind.Replica.CreateAuthoritative(time, Entropy.System);
        replica.Append(entries, Head("e", 1));
        return replica;
    }

    /// <summary>What a node would send to a follower that knows nothing.</summary>
    public static SnapshotContents Snapshot(Replica replica, string epoch, long position, params IReadOnlyList<LogEntry> entries)
    {
        var snapshot = new SnapshotBuilder(replica.Key);
        snapshot.Begin(new()
        {
            Outcome = FeedOutcome.Entries,
            Epoch = epoch,
            Head = new(position),
            Chain = LogChain.Start(epoch),
        });
        foreach (var entry in entries)
        {
            snapshot.Add(entry);
        }

        snapshot.End(entries.Count);
        return snapshot.Contents;
    }
}
