using Rescind.Authority;
using Rescind.Authority.Feeding;
using Rescind.Authority.Keys;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;

namespace Rescind.Simulation;

/// <summary>
/// Holds what verifiers and nodes say against what was promised: G1 by the true time, G3 by the logs that were really
/// committed, receipts by what verifiers accept after them.
/// </summary>
internal sealed class Checks(World world, Promises promises, IReadOnlyList<Node> nodes)
{
    /// <summary>
    /// G1, G3 and receipts, for every token that still matters, as <paramref name="verifier"/> would answer now.
    /// </summary>
    public void Verifier(SimulatedVerifier verifier)
    {
        foreach (var token in promises.Tokens)
        {
            var verdict = verifier.Judge.Decide(token.Minted.Facts, verifier.Identity.Bound);
            world.Trace.Count(Enum.GetName(verdict.Kind)!);
            if (verdict.By.Value != 0)
            {
                verifier.Refused.Add((token.Minted.Id, verdict.By));
            }
            else if (verdict.IsValid && verifier.Replica.OwnKeys.ContainsKey(token.Minted.Facts.KeyId))
            {
                Accepted(verifier, token);
            }
        }
    }

    /// <summary>G3: the map of a verifier is exactly the fold of a prefix of one log that was committed.</summary>
    public void Map(SimulatedVerifier verifier) => Map(verifier.Machine.Name, verifier.Replica);

    /// <summary>The same of what a node judges by and what it serves, which are at one place.</summary>
    public void Map(Node node)
    {
        if (!node.IsUp)
        {
            return;
        }

        var log = node.Get<CommittedLog>();
        Map(node.Machine.Name, log.Replica);
        if (log.Replica.Head != log.Tail.Head)
        {
            throw new BrokenPromiseException(
                $"G3: {node.Machine.Name} judges by {log.Replica.Head} and serves {log.Tail.Head}.");
        }
    }

    /// <summary>
    /// A node refuses everything that was acknowledged, by whichever node, before what it knows is of: it may be behind,
    /// and says by how much.
    /// </summary>
    public void Judgement(Node node)
    {
        if (!node.IsUp || !node.Machine.IsAwake)
        {
            return;
        }

        var known = world.Now - node.Get<LogFollower>().Age;

        // When a block ends it takes from its own clock.
        var seconds = Math.Max(world.TrueSeconds, node.Machine.GetUtcNow().ToUnixTimeSeconds());
        foreach (var token in promises.Tokens.Where(token => node.Get<KeyRing>().Find(token.Minted.Facts.KeyId) is not null
            && node.Get<Judge>().Decide(token.Minted.Facts, default).IsValid))
        {
            if (token.Acts.Find(act => act is { WasLifted: false, Loss: Loss.None } && act.AcknowledgedAt < known
                && act.Kills(token.Minted, seconds)) is { } act)
            {
                throw new BrokenPromiseException(
                    $"{node.Machine.Name} accepts {token.Minted} against {act.Act.Effect} on {act.Act.Match.Kind} at "
                    + $"{act.Act.Position}, acknowledged at {act.AcknowledgedAt!.Value.TotalSeconds:0.000}, and says that it "
                    + $"knows all until {known.TotalSeconds:0.000}.");
            }
        }
    }

    /// <summary>What is done by one node at a time is done by one.</summary>
    public void Leases()
    {
        foreach (var name in (string[])[LeaseNames.Upkeep, LeaseNames.Logouts])
        {
            var holders = nodes.Where(node => node.IsUp && node.Machine.IsAwake && node.Get<Leases>().Holds(name)).ToList();
            if (holders.Count > 1)
            {
                throw new BrokenPromiseException(
                    $"The lease {name} is held by {string.Join(" and ", holders.Select(node => node.Machine.Name))}.");
            }
        }
    }

    private void Map(string name, Replica replica)
    {
        if (replica.Head is not { } head)
        {
            return;
        }

        var prefix = promises.Find(head)
            ?? throw new BrokenPromiseException($"G3: {name} is at {head.Epoch} {head.Position}, which no log ever was.");
        foreach (var (match, state) in prefix.Map)
        {
            var isHeld = replica.View.Set.TryFind(Probe.Of(replica.Key, NodeServices.Issuer, match), out var found);
            var mayBeForgotten = state.RememberUntil < world.TrueSeconds + Retention.ClockMargin;
            var agrees = isHeld
                ? found.End.By == state.End.By && found.Renew == state.Renew && found.Reauthenticate == state.Reauthenticate
                    && found.Block == state.Block
                : state.IsEmpty || mayBeForgotten;
            if (!agrees)
            {
                throw new BrokenPromiseException($"G3: {name} at {head.Position} does not hold {match} as the log has it.");
            }
        }
    }

    private void Accepted(SimulatedVerifier verifier, LiveToken token)
    {
        foreach (var act in token.Acts.Where(act => !act.WasLifted && act.Kills(token.Minted, world.TrueSeconds)))
        {
            if (Broken(verifier, token, act) is { } reason)
            {
                throw new BrokenPromiseException(
                    $"{reason}: {verifier.Machine.Name} (bound {verifier.Identity.Bound.TotalSeconds} s) accepts {token.Minted} "
                    + $"against {act.Act.Effect} on {act.Act.Match.Kind} at {act.Act.Position}, acknowledged at "
                    + $"{act.AcknowledgedAt?.TotalSeconds:0.000}, now {world.Now.TotalSeconds:0.000}; its age is "
                    + $"{verifier.Replica.Age.TotalSeconds:0.000}, its place {verifier.Replica.Position}.");
            }
        }
    }

    private string? Broken(SimulatedVerifier verifier, LiveToken token, KnownAct act)
    {
        if (verifier.Refused.Contains((token.Minted.Id, act.Act.Position)))
        {
            return "G3, something rose";
        }

        if (act.Loss is Loss.None && nodes.Any(node => CountsAsApplied(node, verifier.Identity.Instance, act.Act.Position)))
        {
            return "The receipt, it counts as applied";
        }

        if (act.Loss is Loss.None && act.InForceAt is { } inForce
            && world.Now > inForce + verifier.Machine.FrozenSince(inForce - verifier.Identity.Bound))
        {
            return "The receipt, it is in force";
        }

        var isLate = act.AcknowledgedAt is { } acknowledged
            && world.Now > acknowledged + verifier.Identity.Bound + verifier.Machine.FrozenSince(acknowledged);
        return isLate && act.Loss is not Loss.Silent ? "G1" : null;
    }

    private static bool CountsAsApplied(Node node, string instance, LogPosition position) => node.IsUp
        && node.Get<VerifierRegistry>().List(position).Any(one => one.Row.Instance == instance && !one.IsBehind);
}
