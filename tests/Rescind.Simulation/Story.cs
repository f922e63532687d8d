using Rescind.Authority;
using Rescind.Authority.Clients;
using Rescind.Authority.Stores;

namespace Rescind.Simulation;

/// <summary>
/// One run: one node or several over one store, some verifiers, people who log in, operators who revoke, and the weather.
/// </summary>
internal sealed class Story
{
    private static readonly double[] Bounds = [1, 2, 5, 5, 10, 60];

    private readonly People _people;
    private readonly Operators _operators;
    private readonly Checks _checks;

    public Story(ulong seed)
    {
        World = new(seed);
        Shared = new(World);
        Promises = new(World);
        Unit = TimeSpan.FromSeconds(World.Chance.Pick(Bounds));
        Nodes =
        [
            .. Enumerable.Range(1, World.Chance.Pick([1, 2, 2, 3])).Select(number => new Node(World, $"node {number}", Shared)),
        ];
        Network = new(World, Nodes);
        Calls = new(World);
        _people = new(World, Promises, Calls, Nodes);
        _operators = new(World, Promises, Calls, Nodes);
        _checks = new(World, Promises, Nodes);
    }

    public World World { get; }

    public Promises Promises { get; }

    public SharedStore Shared { get; }

    public SimulatedNetwork Network { get; }

    public Calls Calls { get; }

    public IReadOnlyList<Node> Nodes { get; }

    public IReadOnlyList<SimulatedVerifier> Verifiers { get; private set; } = [];

    /// <summary>The smallest bound: everything in the run happens at its pace.</summary>
    public TimeSpan Unit { get; }

    public TimeSpan LongestBound => Unit * 2;

    public bool IsQuiet { get; private set; }

    /// <summary>
    /// Lets <paramref name="steps"/> things happen in bad weather, checking after each, and then wants everything well again.
    /// </summary>
    public async Task PlayAsync(int steps)
    {
        await BeginAsync();
        for (var step = 0; step < steps; step++)
        {
            await StepAsync();
            Check(World.Chance.Pick(Verifiers));
            if (step % 16 == 0)
            {
                CheckMaps();
            }
        }

        await SettleAsync();
    }

    /// <summary>As <paramref name="verifier"/> would answer now, if it can at all.</summary>
    public void Check(SimulatedVerifier verifier)
    {
        if (verifier.Machine.IsAwake)
        {
            Promises.Look(Shared.Data);
            _checks.Verifier(verifier);
        }
    }

    /// <summary>A backup came in the place of what people were told.</summary>
    public void NoteRestore() => _people.Restores++;

    private async Task StepAsync()
    {
        await World.StepAsync();
        Promises.Look(Shared.Data);
    }

    private async Task BeginAsync()
    {
        Nodes[0].Start();
        await RunForAsync(TimeSpan.FromSeconds(1));
        World.Run(RegisterClientsAsync);
        await RunForAsync(TimeSpan.FromSeconds(1));
        foreach (var node in Nodes.Skip(1))
        {
            node.Start();
        }

        await RunForAsync(TimeSpan.FromSeconds(1));
        Verifiers = [.. Enumerable.Range(0, 1 + World.Chance.Below(3)).Select(NewVerifier)];
        Live();
        new Weather(this).Brew();
    }

    private async Task RegisterClientsAsync()
    {
        foreach (var client in (string[])[.. People.Clients, People.Fresh.Client])
        {
            await Nodes[0].Get<ClientRegistry>().AddAsync(
                new() { ClientId = client, Kind = ClientKind.Public }, AuditContext.System, CancellationToken.None);
        }
    }

    private SimulatedVerifier NewVerifier(int number) => new(
        World, Network, $"verifier-{number}", number == 0 ? Unit : Unit * (1 + World.Chance.NextFraction()));

    private void Live() => World.After(World.Chance.Between(TimeSpan.Zero, Unit / 4), null, () =>
    {
        if (!IsQuiet)
        {
            DoSomething();
            Live();
        }
    });

    private void DoSomething()
    {
        switch (World.Chance.Below(16))
        {
            case < 9:
                _people.Act();
                break;
            case < 13:
                _operators.Revoke();
                break;
            case < 15:
                _operators.Lift();
                break;
            default:
                if (World.Chance.Of(0.1))
                {
                    _operators.RotateKeys();
                }

                break;
        }
    }

    // Liveness: in calm weather every node and every verifier comes back by itself, and does not flicker.
    private async Task SettleAsync()
    {
        IsQuiet = true;
        World.Note("calm");
        Network.Heal();
        Calls.Loss = 0;
        Shared.Heal();
        foreach (var node in Nodes)
        {
            node.Access.Heal();
            node.Machine.StepTo(TimeSpan.Zero);
        }

        await RunForAsync((LongestBound * 5) + TimeSpan.FromSeconds(90));
        foreach (var node in Nodes.Where(node => !node.IsUp))
        {
            throw new BrokenPromiseException($"Liveness: {node.Machine.Name} is not up in calm weather.");
        }

        var fresh = await LogInFreshAsync();
        await RunForAsync(TimeSpan.FromSeconds(5));
        for (var i = 0; i < 20; i++)
        {
            await RunForAsync(Unit / 7);
            CheckMaps();
            foreach (var verifier in Verifiers)
            {
                Check(verifier);
                CheckIsWell(verifier, fresh);
            }
        }
    }

    private async Task<Minted> LogInFreshAsync()
    {
        Minted? fresh = null;
        World.Run(async () => fresh = await _people.LogInAsync(People.Fresh));
        await RunForAsync(TimeSpan.FromSeconds(1));
        return fresh ?? throw new BrokenPromiseException("Liveness: nobody can log in in calm weather.");
    }

    private void CheckMaps()
    {
        foreach (var verifier in Verifiers)
        {
            _checks.Map(verifier);
        }

        foreach (var node in Nodes)
        {
            _checks.Map(node);
            _checks.Judgement(node);
        }

        _checks.Leases();
    }

    private void CheckIsWell(SimulatedVerifier verifier, Minted fresh)
    {
        // A node that shares its store is behind by as long as it waits before it looks again.
        var verdict = verifier.Judge.Decide(fresh.Facts, verifier.SmallestFreshness + LogFollower.PollInterval);

        // What was revoked before a backup came back unnoticed stays revoked where that was known.
        var isRemembered = Promises.Acts.Any(act => act.Loss is Loss.Silent && act.Act.Position == verdict.By);
        if (!verdict.IsValid && !isRemembered)
        {
            throw new BrokenPromiseException(
                $"Liveness: {verifier.Machine.Name} says {verdict.Kind} ({verdict.By}) of {fresh} in calm weather; error: "
                + $"{verifier.Follower.LastError}, age {verifier.Replica.Age.TotalSeconds:0.000}, place "
                + $"{verifier.Replica.Position}, forks {verifier.Replica.Forks}.");
        }
    }

    private async Task RunForAsync(TimeSpan length)
    {
        var isOver = false;
        World.After(length, null, () => isOver = true);
        while (!isOver)
        {
            await StepAsync();
        }
    }
}
