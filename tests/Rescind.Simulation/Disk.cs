using System.Collections.Immutable;

namespace Rescind.Simulation;

/// <summary>
/// What the Authority has committed. Immutable, so that a commit is one assignment and a backup is one reference.
/// </summary>
internal sealed record Disk(
    LogHead Head,
    LogHead Base,
    ImmutableList<(LogEntry Entry, LogHead Head)> Log,
    ImmutableList<Revocation> Acts,
    ImmutableDictionary<Match, LogEntry> States,
    ImmutableDictionary<string, LogEntry> Records)
{
    public static Disk Empty(string epoch) => new(
        LogHead.Empty(epoch), LogHead.Empty(epoch), [], [],
        ImmutableDictionary<Match, LogEntry>.Empty, ImmutableDictionary<string, LogEntry>.Empty);

    public Disk Append(LogEntry entry)
    {
        var head = Head.Then(entry);
        var disk = this with { Head = head, Log = Log.Add((entry, head)) };
        return entry switch
        {
            { Kind: LogEntryKind.State, Match: { } match } => disk with { States = States.SetItem(match, entry) },
            { Match: { } match } => disk with { Records = Records.SetItem($"{entry.Kind} {match.Value}", entry) },
            _ => disk,
        };
    }

    /// <summary>The act laid down or lifted, and the entry that its match then has.</summary>
    public Disk With(ImmutableList<Revocation> acts, Match match, (LogPosition Position, long At) next) =>
        (this with { Acts = acts }).Append(new()
        {
            Kind = LogEntryKind.State,
            Position = next.Position,
            At = next.At,
            Issuer = Minted.Issuer,
            Match = match,
            State = RevocationState.Of(acts.Where(act => act.Match == match), ownIssuer: true),
        });

    /// <summary>Forgets log rows before <paramref name="at"/>; a follower that is further behind needs the snapshot.</summary>
    public Disk Trim(long at)
    {
        var count = Log.TakeWhile(row => row.Entry.At < at).Count();
        return count == 0 ? this : this with { Base = Log[count - 1].Head, Log = Log.RemoveRange(0, count) };
    }

    public Disk ForgetStates(long now) =>
        this with
        {
            States = States.RemoveRange(States.Where(state => state.Value.State!.RememberUntil < now).Select(state => state.Key)),
        };

    /// <summary>The same map under a new log.</summary>
    public Disk Reopen(string epoch)
    {
        var head = Head with { Epoch = epoch, Chain = LogChain.Start(epoch) };
        return this with { Head = head, Base = head, Log = [] };
    }

    /// <summary>The live map, registry and keys first, otherwise in an order that does not depend on the process.</summary>
    public IReadOnlyList<LogEntry> Snapshot() =>
        [.. Records.Values.OrderBy(entry => entry.Position.Value), .. States.Values.OrderBy(entry => entry.Position.Value)];
}
