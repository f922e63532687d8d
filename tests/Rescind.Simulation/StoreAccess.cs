using Rescind.Authority.Stores.Memory;

namespace Rescind.Simulation;

/// <summary>The way from one node to the store: slow, failing, cut off, and taken by others first.</summary>
internal sealed class StoreAccess(World world, SharedStore shared)
{
    private TimeSpan _cutOffUntil;

    /// <summary>Nothing gets through for so long.</summary>
    public void CutOff(TimeSpan length) => _cutOffUntil = world.Now + length;

    public void Heal() => _cutOffUntil = TimeSpan.Zero;

    /// <summary>What goes wrong at a step, after the time that it takes.</summary>
    public async ValueTask<MemoryFault> BeforeAsync(MemoryStep step, Machine machine)
    {
        var chance = world.Chance;
        if (chance.Of(shared.Slowness))
        {
            await world.DelayAsync(chance.Milliseconds(20, 3000), machine);
        }
        else if (chance.Of(0.5))
        {
            await world.DelayAsync(chance.Milliseconds(0, 4), machine);
        }

        if (world.Now < _cutOffUntil || chance.Of(shared.Failing))
        {
            world.Note("store failed", $"{machine.Name} {step}");
            return MemoryFault.Fail;
        }

        if (step is MemoryStep.Commit && chance.Of(shared.Conflicting))
        {
            world.Note("store conflicts", machine.Name);
            return MemoryFault.Conflict;
        }

        return MemoryFault.None;
    }
}
