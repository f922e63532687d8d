namespace Rescind.Simulation;

/// <summary>
/// One run: an Authority, perhaps a second node, some verifiers, people who log in and revoke, and the weather.
/// </summary>
internal sealed class Story
{
    private static readonly double[] Bounds = [1, 2, 5, 5, 10, 60];

    private readonly Weather _weather;
    private int _minted;

    public Story(ulong seed)
    {
        World = new(seed);
        Promises = new(World);
        Network = new(World);
        Unit = TimeSpan.FromSeconds(World.Chance.Pick(Bounds));
        Authority = new(World, Promises);
        Network.Nodes.Add(Authority);
        if (World.Chance.Of(0.4))
        {
            Second = new(World, Authority) { Lag = Unit / 4 };
            Network.Nodes.Add(Second);
        }

        _weather = new(this);
        Verifiers = [.. Enumerable.Range(0, 1 + World.Chance.Below(3)).Select(NewVerifier)];
        Live();
        Keep();
        _weather.Brew();
    }

    public World World { get; }

    public Promises Promises { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedAuthority Authority { get; }

    public LaggingNode? Second { get; }

    public IReadOnlyList<SimulatedVerifier> Verifiers { get; }

    /// <summary>The smallest bound: everything in the run happens at its pace.</summary>
    public TimeSpan Unit { get; }

    public TimeSpan LongestBound => Unit * 2;

    public bool IsQuiet { get; private set; }

    /// <summary>
    /// Lets <paramref name="steps"/> things happen in bad weather, checking after each, and then wants everything well again.
    /// </summary>
    public void Play(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            World.Step();
            var verifier = World.Chance.Pick(Verifiers);
            if (verifier.Machine.IsAwake)
            {
                Promises.Check(verifier, Authority);
                if (step % 16 == 0)
                {
                    Promises.CheckMap(verifier);
                }
            }
        }

        Settle();
    }

    private SimulatedVerifier NewVerifier(int number) => new(World, Network, $"verifier-{number}", number == 0 ? Unit : Unit * (1
        + World.Chance.NextFraction()));

    // Liveness: in calm weather every verifier comes back by itself, and does not flicker.
    private void Settle()
    {
        IsQuiet = true;
        Network.Heal();
        if (Second is not null)
        {
            Second.Lag = TimeSpan.FromMilliseconds(20);
        }

        RunFor((LongestBound * 8) + TimeSpan.FromSeconds(60));
        if (!Authority.IsUp)
        {
            Authority.Restart();
        }

        RunFor(LongestBound + TimeSpan.FromSeconds(10));
        Mint("fresh", "fresh", "fresh", "fresh");
        for (var i = 0; i < 20; i++)
        {
            RunFor(Unit / 7);
            foreach (var verifier in Verifiers)
            {
                CheckIsWell(verifier);
            }
        }
    }

    private void CheckIsWell(SimulatedVerifier verifier)
    {
        Promises.Check(verifier, Authority);
        Promises.CheckMap(verifier);
        foreach (var token in Promises.Tokens.Where(token => token.Minted.Subject == "fresh"))
        {
            var verdict = verifier.Judge.Decide(token.Facts, verifier.SmallestFreshness);
            if (!verdict.IsValid)
            {
                throw new BrokenPromiseException(
                    $"Liveness: {verifier.Machine.Name} says {verdict.Kind} of {token.Minted} in calm weather; error: "
                    + $"{verifier.Follower.LastError}, "
                    + $"age {verifier.Replica.Age.TotalSeconds:0.000}, head {verifier.Replica.Head}, forks "
                    + $"{verifier.Replica.Forks}.");
            }
        }
    }

    private void RunFor(TimeSpan length)
    {
        var isOver = false;
        World.After(length, null, () => isOver = true);
        while (!isOver)
        {
            World.Step();
        }
    }

    private void Live() => World.After(World.Chance.Between(TimeSpan.Zero, Unit / 4), null, () =>
    {
        if (IsQuiet)
        {
            return;
        }

        if (Authority.IsUp && Authority.Machine.IsAwake && Authority.AcceptsClock)
        {
            DoSomething();
        }

        Live();
    });

    private void Keep() => World.After(Unit, null, () =>
    {
        if (IsQuiet)
        {
            return;
        }

        if (Authority.IsUp)
        {
            Authority.Forget(_weather.TrimsLog, keptSeconds: 30 + (long)Unit.TotalSeconds);
        }

        Keep();
    });

    private void DoSomething()
    {
        var chance = World.Chance;
        switch (chance.Below(8))
        {
            case < 4:
                Mint($"s{(_minted / 4) + chance.Below(3)}", $"u{chance.Below(5)}", $"c{chance.Below(2)}", $"t{chance.Below(3)}");
                break;
            case < 6:
                Revoke();
                break;
            case 6 when Authority.Disk.Acts.FindAll(act => act.LiftedBy is null) is { Count: > 0 } acts:
                Authority.Lift(acts[chance.Below(acts.Count)]);
                break;
            case 7 when chance.Of(0.1):
                Authority.AddKey();
                break;
        }
    }

    private void Mint(string session, string subject, string client, string tenant)
    {
        // Nothing is minted for a session that has ended; what an act need not kill, it need not outlive.
        if (Authority.Disk.Acts.Exists(
            act => act is { LiftedBy: null, Effect: Effect.End } && act.Match == Match.Session(session)))
        {
            return;
        }

        World.Note("minted");
        Promises.Add(Authority.Mint(_minted++, session, subject, client, tenant));
    }

    private void Revoke()
    {
        if (Promises.Tokens.Count == 0)
        {
            return;
        }

        var token = World.Chance.Pick(Promises.Tokens).Minted;
        var match = World.Chance.Below(10) switch
        {
            0 or 1 => Match.Token(token.Id),
            2 or 3 or 4 => Match.Session(token.Session),
            5 or 6 => Match.Subject(token.Subject),
            7 => Match.Client(token.Client),
            8 => Match.Tag("tenant", token.Tenant),
            _ => Match.Subject($"nobody-{World.Chance.Below(3)}"),
        };
        var effect = World.Chance.Pick<Effect>([Effect.End, Effect.End, Effect.Renew, Effect.Reauthenticate, Effect.Block]);
        if (match.Allows(effect, ownIssuer: true))
        {
            Authority.Revoke(match, effect, World.TrueSeconds + 90 + World.Chance.Below(300));
        }
    }
}
