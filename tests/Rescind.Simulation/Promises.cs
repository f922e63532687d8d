using System.Collections.Immutable;
using Rescind.Authority.Stores.Memory;

namespace Rescind.Simulation;

/// <summary>A promise that did not hold.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);

/// <summary>A token that somebody still holds, and every act that names it.</summary>
internal sealed record LiveToken(Minted Minted, List<KnownAct> Acts);

/// <summary>What the map was after one entry of one log.</summary>
internal sealed record Prefix(LogPosition Position, ImmutableDictionary<Match, RevocationState> Map);

/// <summary>
/// What was promised: every act, what callers were told of it, and every prefix of every log. Taken from what the
/// shared store has really committed, and kept apart from everything that nodes and verifiers know.
/// </summary>
internal sealed class Promises(World world)
{
    private const int TokensKept = 20;

    private readonly List<KnownAct> _acts = [];
    private readonly List<LiveToken> _tokens = [];
    private readonly Dictionary<(string Epoch, LogChain Chain), Prefix> _prefixes = [];
    private ImmutableDictionary<Match, RevocationState> _map = ImmutableDictionary<Match, RevocationState>.Empty;
    private bool _wasRestoredSilently;
    private (MemoryData? Data, long Version, LogPosition Last) _seen;

    public IReadOnlyList<LiveToken> Tokens => _tokens;

    /// <summary>The record under which tokens are read.</summary>
    public IssuerRecord OwnIssuer { get; private set; } = null!;

    public IReadOnlyList<KnownAct> Acts => _acts;

    /// <summary>The acts that stand and were not lost.</summary>
    public IEnumerable<KnownAct> Standing => _acts.Where(act => act is { WasLifted: false, Loss: Loss.None });

    /// <summary>Sees what was committed since it last looked.</summary>
    public void Look(MemoryData data)
    {
        if (ReferenceEquals(data, _seen.Data) && data.Version == _seen.Version)
        {
            return;
        }

        OwnIssuer = data.Issuers.TryGetValue(NodeServices.Issuer, out var own) ? own.Saved.Record : OwnIssuer;
        if (data.Log.Count == 0)
        {
            _prefixes.TryAdd((data.Head.Epoch, data.Head.Chain), new(data.Head.Position, _map));
        }

        foreach (var (entry, chain) in data.Log.Values.Where(row => row.Entry.Position > _seen.Last))
        {
            _map = entry is { Match: { } match, State: { } state } ? _map.SetItem(match, state) : _map;
            _prefixes[(data.Head.Epoch, chain)] = new(entry.Position, _map);
        }

        foreach (var act in data.Acts.Values.Where(act => act.Position > _seen.Last))
        {
            Appended(act, data);
        }

        foreach (var act in _acts.Where(act => !act.WasLifted && IsLifted(data, act)))
        {
            act.WasLifted = true;
            world.Note("lifted", act.Act.Position.ToString());
        }

        _seen = (data, data.Version, data.Head.Position);
    }

    /// <summary>A caller was told that it is done.</summary>
    public void Acknowledged(LogPosition position)
    {
        if (_acts.FindLast(act => act.Act.Position == position) is { AcknowledgedAt: null } known)
        {
            known.AcknowledgedAt = world.Now;
            world.Note("acknowledged", position.ToString());
        }
    }

    /// <summary>A receipt has said when it is in force everywhere.</summary>
    public void InForce(LogPosition position, TimeSpan at)
    {
        // A copy that was put back unnoticed does not know who follows.
        if (!_wasRestoredSilently && _acts.FindLast(act => act.Act.Position == position) is { } known)
        {
            known.InForceAt = known.InForceAt < at ? known.InForceAt : at;
            world.Note("in force", $"{position} at {at.TotalSeconds:0.000}");
        }
    }

    /// <summary>A backup was put back, and what it does not hold is lost.</summary>
    public void Lost(MemoryData backup, bool replacesKeys)
    {
        _wasRestoredSilently |= !replacesKeys;
        _map = _prefixes[(backup.Head.Epoch, backup.Head.Chain)].Map;
        foreach (var act in _acts.Where(act => act.Loss is Loss.None && !backup.Acts.ContainsKey(act.Act.Position.Value)))
        {
            act.Loss = replacesKeys ? Loss.WithKeys : Loss.Silent;
        }

        _seen = (null, 0, backup.Head.Position);
    }

    public void Add(Minted minted)
    {
        // Acts that were lost before it was minted bind nobody any more.
        _tokens.Add(new(minted, [.. _acts.Where(act => act.Loss is Loss.None && minted.Is(act.Act.Match))]));
        if (_tokens.Count > TokensKept)
        {
            _tokens.RemoveAt(0);
        }
    }

    /// <summary>What the map was where a log had that head; null if no log ever had it.</summary>
    public Prefix? Find(LogHead head) =>
        _prefixes.GetValueOrDefault((head.Epoch, head.Chain)) is { } prefix && prefix.Position == head.Position ? prefix : null;

    private void Appended(Revocation act, MemoryData data)
    {
        if (act.Reason.StartsWith(Operators.Asked, StringComparison.Ordinal)
            && _acts.Exists(other => other.Loss is Loss.None && other.Act.Reason == act.Reason))
        {
            throw new BrokenPromiseException($"\"{act.Reason}\" is in the log twice, under one idempotency key.");
        }

        var known = new KnownAct(act, data.SessionNumbers.Keys.ToHashSet(StringComparer.Ordinal));
        _acts.Add(known);
        foreach (var token in _tokens.Where(token => token.Minted.Is(act.Match)))
        {
            token.Acts.Add(known);
        }

        var match = act.Match.Kind is MatchKind.Key ? "a key" : act.Match.ToString();
        world.Note("revoked", $"{act.Effect} {match} at {act.Position}: {act.Reason}");
    }

    private static bool IsLifted(MemoryData data, KnownAct known) => known.Loss is Loss.None
        && data.Acts.TryGetValue(known.Act.Position.Value, out var act) && act.LiftedBy is not null;
}
