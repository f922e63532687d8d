using System.Collections.Immutable;

namespace Rescind.Simulation;

/// <summary>A promise that did not hold.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);

/// <summary>What became of an act when a backup without it was put back.</summary>
internal enum Loss
{
    None,

    /// <summary>Every key was replaced with it, so no token that it killed can be verified.</summary>
    WithKeys,

    /// <summary>Nobody noticed: only who already knew the act can go on refusing.</summary>
    Silent,
}

/// <summary>An act, and what callers were told of it.</summary>
internal sealed class KnownAct(Revocation act)
{
    public Revocation Act { get; } = act;

    public TimeSpan? AcknowledgedAt { get; set; }

    public bool WasLifted { get; set; }

    public Loss Loss { get; set; }

    /// <summary>
    /// Whether it kills <paramref name="token"/>, said as naively as it can be; blocks while every clock agrees that they last.
    /// </summary>
    public bool Kills(Minted token, long trueSeconds) => token.Is(Act.Match) && Act.Effect switch
    {
        Effect.End => Act.Match.EndsUnconditionally || token.Head < Act.Position,
        Effect.Renew => token.Head < Act.Position,
        Effect.Reauthenticate => token.At <= Act.Second,
        _ => trueSeconds + Retention.ClockMargin < Act.Second,
    };
}

/// <summary>
/// What was promised, kept apart from everything that the product knows, and checked against what verifiers say: G1 by
/// the true time, G3 by the logs that were really committed.
/// </summary>
internal sealed class Promises(World world)
{
    private const int TokensKept = 20;

    private readonly List<KnownAct> _acts = [];
    private readonly List<LiveToken> _tokens = [];
    private readonly Dictionary<(string Epoch, LogChain Chain), (LogPosition Position, ImmutableDictionary<Match,
        RevocationState> Map)> _prefixes = [];
    private ImmutableDictionary<Match, RevocationState> _map = ImmutableDictionary<Match, RevocationState>.Empty;

    public IReadOnlyList<LiveToken> Tokens => _tokens;

    public KnownAct Appended(Revocation act)
    {
        var known = new KnownAct(act);
        _acts.Add(known);
        foreach (var token in _tokens.Where(token => token.Minted.Is(act.Match)))
        {
            token.Acts.Add(known);
        }

        world.Note("revoked", $"{act.Effect} {act.Match} at {act.Position}");
        return known;
    }

    public void Acknowledged(KnownAct act)
    {
        world.Note("acknowledged", act.Act.Position.ToString());
        act.AcknowledgedAt = world.Now;
    }

    public void Lifted(LogPosition act)
    {
        world.Note("lifted", act.ToString());
        foreach (var known in _acts.Where(known => known.Act.Position == act))
        {
            known.WasLifted = true;
        }
    }

    public void Committed(Disk disk)
    {
        if (disk.Log.Count > 0 && disk.Log[^1].Entry is { Match: { } match, State: { } state })
        {
            _map = _map.SetItem(match, state);
        }

        _prefixes[(disk.Head.Epoch, disk.Head.Chain)] = (disk.Head.Position, _map);
    }

    public void Lost(Disk backup, bool replacesKeys)
    {
        _map = _prefixes[(backup.Head.Epoch, backup.Head.Chain)].Map;
        var kept = backup.Acts.Select(act => act.Position).ToHashSet();
        foreach (var act in _acts.Where(act => act.Loss is Loss.None && !kept.Contains(act.Act.Position)))
        {
            act.Loss = replacesKeys ? Loss.WithKeys : Loss.Silent;
        }
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

    /// <summary>
    /// G1, G3 and receipts, for every token that still matters, as <paramref name="verifier"/> would answer now.
    /// </summary>
    public void Check(SimulatedVerifier verifier, SimulatedAuthority authority)
    {
        foreach (var token in _tokens)
        {
            var verdict = verifier.Judge.Decide(token.Facts, verifier.Identity.Bound);
            world.Count(verdict.Kind);
            if (verdict.By.Value != 0)
            {
                verifier.Refused.Add((token.Minted.Id, verdict.By));
            }
            else if (verdict.IsValid)
            {
                CheckAccepted(verifier, authority, token);
            }
        }
    }

    /// <summary>G3: the map is exactly the fold of a prefix of one log that was committed.</summary>
    public void CheckMap(SimulatedVerifier verifier)
    {
        if (verifier.Replica.Head is not { } head)
        {
            return;
        }

        if (!_prefixes.TryGetValue((head.Epoch, head.Chain), out var prefix) || prefix.Position != head.Position)
        {
            throw new BrokenPromiseException($"G3: {verifier.Machine.Name} is at {head}, which no log ever was.");
        }

        foreach (var (match, state) in prefix.Map)
        {
            var isHeld = verifier.Replica.View.Set.TryFind(Probe.Of(verifier.Replica.Key, Minted.Issuer, match), out var found);
            var mayBeForgotten = state.RememberUntil < world.TrueSeconds + Retention.ClockMargin;
            var agrees = isHeld
                ? found.End.By == state.End.By && found.Renew == state.Renew && found.Reauthenticate == state.Reauthenticate
                    && found.Block == state.Block
                : state.IsEmpty || mayBeForgotten;
            if (!agrees)
            {
                throw new BrokenPromiseException(
                    $"G3: {verifier.Machine.Name} at {head.Position} does not hold {match} as the log has it.");
            }
        }
    }

    private void CheckAccepted(SimulatedVerifier verifier, SimulatedAuthority authority, LiveToken token)
    {
        foreach (var act in token.Acts.Where(act => !act.WasLifted && act.Kills(token.Minted, world.TrueSeconds)))
        {
            var reason = Broken(verifier, authority, token, act);
            if (reason is not null)
            {
                throw new BrokenPromiseException(
                    $"{reason}: {verifier.Machine.Name} (bound {verifier.Identity.Bound.TotalSeconds} s) accepts "
                    + $"{token.Minted} against "
                    + $"{act.Act.Effect} on {act.Act.Match} at {act.Act.Position}, acknowledged at "
                    + $"{act.AcknowledgedAt?.TotalSeconds:0.000}, "
                    + $"now {world.Now.TotalSeconds:0.000}; its age is {verifier.Replica.Age.TotalSeconds:0.000}, its "
                    + $"head {verifier.Replica.Head}.");
            }
        }
    }

    private string? Broken(SimulatedVerifier verifier, SimulatedAuthority authority, LiveToken token, KnownAct act)
    {
        if (verifier.Refused.Contains((token.Minted.Id, act.Act.Position)))
        {
            return "G3, something rose";
        }

        if (act.Loss is Loss.None && authority.CountsAsApplied(verifier.Identity.Instance, act.Act.Position))
        {
            return "The receipt, it counts as applied";
        }

        var isLate = act.AcknowledgedAt is { } acknowledged
            && world.Now > acknowledged + verifier.Identity.Bound + verifier.Machine.FrozenSince(acknowledged);
        var canVerify = act.Loss is Loss.None
            || (act.Loss is Loss.WithKeys && verifier.Replica.OwnKeys.ContainsKey(token.Minted.Key));
        return isLate && canVerify ? "G1" : null;
    }
}

/// <summary>A token that somebody still holds, and every act that names it.</summary>
internal sealed record LiveToken(Minted Minted, List<KnownAct> Acts)
{
    public TokenFacts Facts { get; } = Minted.ToFacts();
}
