using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rescind.Authority;
using Rescind.Authority.Feeding;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Memory;

namespace Rescind.Simulation;

/// <summary>
/// An Authority on a machine: the product, put together and started as a host does it, over the store that all nodes
/// share. It can be killed at any step, which leaves what it had committed, and nothing else.
/// </summary>
internal sealed class Node(World world, string name, SharedStore shared)
{
    private readonly Chance _chance = world.Chance.Apart();
    private readonly List<Action> _hangUps = [];
    private ServiceProvider? _services;

    public Machine Machine { get; } = new(world, name);

    /// <summary>What goes wrong between it and the store.</summary>
    public StoreAccess Access { get; } = new(world, shared);

    /// <summary>Whether it serves.</summary>
    public bool IsUp { get; private set; }

    public T Get<T>()
        where T : notnull => _services!.GetRequiredService<T>();

    /// <summary>Begins a process, which serves once it has come up; where it cannot, another is begun later.</summary>
    public void Start() => world.Run(StartAsync);

    /// <summary>The process is no more, whatever it was at; whoever waits for an answer learns that none comes.</summary>
    public void Kill()
    {
        Machine.Incarnation++;
        IsUp = false;
        var hangUps = _hangUps.ToList();
        _hangUps.Clear();
        hangUps.ForEach(hangUp => hangUp());
    }

    /// <summary>Calls <paramref name="hangUp"/> if the process dies, until <see cref="Disconnect"/>.</summary>
    public void Connect(Action hangUp) => _hangUps.Add(hangUp);

    public void Disconnect(Action hangUp) => _hangUps.Remove(hangUp);

    /// <summary>Answers a poll as the endpoint does; null for an error.</summary>
    public async Task<FeedAnswer?> PollAsync(FeedRequest request)
    {
        try
        {
            return await Get<FeedServer>().AnswerAsync("feed", null, request, CancellationToken.None, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            world.Note("poll failed", e.GetType().Name);
            return null;
        }
    }

    /// <summary>Writes a snapshot for a follower whose own time that is, as the endpoint does; null for an error.</summary>
    public async Task<SnapshotText?> ReadSnapshotAsync(long now)
    {
        if (!Get<FeedServer>().KeepsWhatIsNeededAt(now))
        {
            return null;
        }

        var text = new SnapshotText();
        try
        {
            await Get<IRevocationStore>().SnapshotAsync(
                new(now, IsSecondClock: true), head => text.Begin(Get<FeedServer>().SnapshotHeader(head)), text.Add,
                CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            world.Note("snapshot failed", e.GetType().Name);
            return null;
        }

        return text.End();
    }

    private async Task StartAsync()
    {
        Kill();
        var process = Machine.Incarnation;
        var store = MemoryStore.Open(
            shared.Data,
            new()
            {
                Issuer = NodeServices.Issuer, LogRetention = shared.LogRetention,
                Before = step => Access.BeforeAsync(step, Machine),
            },
            Machine, _chance);
        _services = NodeServices.Of(Machine, _chance, store).BuildServiceProvider();
        try
        {
            foreach (var service in _services.GetServices<IHostedService>())
            {
                await service.StartAsync(CancellationToken.None);
                Watch(service);
            }
        }
        catch (StoreUnavailableException e)
        {
            world.Note("did not start", e.GetType().Name);
            world.After(TimeSpan.FromSeconds(1), Machine, Start);
            return;
        }

        IsUp = Machine.Incarnation == process;
        world.Note("started", Machine.Name);
    }

    // What runs for as long as the process does, and fails, ends the host.
    private void Watch(IHostedService service)
    {
        var process = Machine.Incarnation;
        if (service is BackgroundService { ExecuteTask: { } running })
        {
            world.Run(async () =>
            {
                await running;
                if (Machine.Incarnation != process)
                {
                    return;
                }

                throw new BrokenPromiseException($"{service.GetType().Name} of {Machine.Name} has ended.");
            });
        }
    }
}
