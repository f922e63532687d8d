using System.Buffers;

namespace Rescind.Simulation;

/// <summary>
/// The way between verifiers and nodes: it loses, delays, doubles and so reorders what it carries, and may have a proxy
/// in it that answers with what it once saw. Which of that a run has, its seed decides.
/// </summary>
internal sealed class SimulatedNetwork(World world, IReadOnlyList<Node> nodes)
{
    private readonly Dictionary<string, List<(FeedRequest Request, FeedAnswer Answer)>> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _cutOff = new(StringComparer.Ordinal);

    public double Loss { get; set; }

    public double Doubling { get; set; }

    public double Slowness { get; set; }

    public double Caching { get; set; }

    /// <summary>How often a snapshot is cut off on its way.</summary>
    public double Cut { get; set; }

    /// <summary>How often an answer holds less than there is, as where entries are long.</summary>
    public double Shortness { get; set; }

    public void CutOff(string verifier, TimeSpan length)
    {
        _cutOff.Add(verifier);
        world.After(length, null, () => _cutOff.Remove(verifier));
    }

    public void Heal()
    {
        (Loss, Doubling, Slowness, Caching, Cut, Shortness) = (0, 0, 0, 0, 0, 0);
        _cutOff.Clear();
    }

    public void Poll(SimulatedVerifier verifier, FeedRequest request, Action<FeedAnswer> deliver, Action fail)
    {
        if (world.Chance.Of(Caching) && Stale(verifier, request) is { } stale)
        {
            world.Note("cached", verifier.Machine.Name);
            Carry(verifier, verifier.Machine, () => deliver(stale));
            return;
        }

        // A query has three places after the point.
        var sent = request with { Wait = World.Whole(request.Wait) };
        Ask(
            verifier, fail,
            async node => await node.PollAsync(sent) is { } found ? OverTheWire(Shortened(sent, found)) : null,
            answer =>
            {
                See(verifier, request, answer);
                deliver(answer);
            });
    }

    public void ReadSnapshot(
        SimulatedVerifier verifier, long now, Action<IReadOnlyList<ReadOnlyMemory<byte>>> deliver, Action fail) =>
        Ask(verifier, fail, async node => (await node.ReadSnapshotAsync(now))?.Lines, deliver);

    private void Ask<T>(SimulatedVerifier verifier, Action fail, Func<Node, Task<T?>> ask, Action<T> deliver)
        where T : class
    {
        var node = NodeOf(verifier);
        if (!node.IsUp)
        {
            verifier.Node = null;
            world.After(world.Chance.Milliseconds(1, 5), verifier.Machine, fail);
            return;
        }

        Carry(verifier, node.Machine, () => world.Run(async () =>
        {
            var answer = await ask(node);
            Carry(verifier, verifier.Machine, answer is null ? fail : () => deliver(answer));
        }));
    }

    // A connection lasts, and with it the node: so that a verifier may know what one node knows and nothing else.
    private Node NodeOf(SimulatedVerifier verifier)
    {
        if (verifier.Node is null || world.Chance.Of(0.1))
        {
            verifier.Node = world.Chance.Pick(nodes);
        }

        return verifier.Node;
    }

    private void Carry(SimulatedVerifier verifier, Machine to, Action action)
    {
        if (_cutOff.Contains(verifier.Machine.Name) || world.Chance.Of(Loss))
        {
            world.Note("lost");
            return;
        }

        for (var copies = world.Chance.Of(Doubling) ? 2 : 1; copies > 0; copies--)
        {
            var delay = world.Chance.Of(Slowness) ? world.Chance.Milliseconds(100, 6000) : world.Chance.Milliseconds(1, 20);
            world.After(delay, to, action);
        }
    }

    // The most dangerous old answer is one that fits where the verifier is now.
    private FeedAnswer? Stale(SimulatedVerifier verifier, FeedRequest request)
    {
        var seen = _seen.GetValueOrDefault(verifier.Identity.Instance) ?? [];
        var fitting = seen.FindAll(one => one.Request.After == request.After && one.Request.Epoch == request.Epoch);
        return fitting.Count > 0 ? world.Chance.Pick(fitting).Answer : seen.Count > 0 ? world.Chance.Pick(seen).Answer : null;
    }

    private void See(SimulatedVerifier verifier, FeedRequest request, FeedAnswer answer)
    {
        if (!_seen.TryGetValue(verifier.Identity.Instance, out var seen))
        {
            _seen.Add(verifier.Identity.Instance, seen = []);
        }

        seen.Add((request, answer));
        if (seen.Count > 8)
        {
            seen.RemoveAt(0);
        }
    }

    private FeedAnswer Shortened(FeedRequest request, FeedAnswer answer)
    {
        if (answer.Entries.Count < 2 || request.Chain is not { } chain || !world.Chance.Of(Shortness))
        {
            return answer;
        }

        world.Note("shortened");
        List<LogEntry> entries = [.. answer.Entries.Take(1 + world.Chance.Below(answer.Entries.Count - 1))];
        return answer with
        {
            Entries = entries, More = true, Chain = entries.Aggregate(chain, static (so, entry) => so.Then(entry)),
        };
    }

    // Of anything but entries there is a status, and no body.
    private static FeedAnswer OverTheWire(FeedAnswer answer)
    {
        if (answer.Outcome is not FeedOutcome.Entries)
        {
            return new() { Outcome = answer.Outcome };
        }

        var body = new ArrayBufferWriter<byte>();
        FeedJson.Write(answer, body);
        return FeedJson.Read(body.WrittenMemory);
    }
}
