using System.Collections;
using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Memory;

namespace Rescind.Simulation;

/// <summary>What all nodes have committed, and what goes wrong where they meet it.</summary>
internal sealed class SharedStore(World world)
{
    /// <summary>What is committed; by its own clock, which is right.</summary>
    public MemoryData Data { get; private set; } = new() { Time = new Machine(world, "store") };

    /// <summary>How long the log is kept.</summary>
    public TimeSpan LogRetention { get; set; } = TimeSpan.FromHours(1);

    public double Slowness { get; set; }

    public double Failing { get; set; }

    public double Conflicting { get; set; }

    public void Heal() => (Slowness, Failing, Conflicting) = (0, 0, 0);

    /// <summary>A backup.</summary>
    public MemoryData Copy()
    {
        var copy = new MemoryData();
        foreach (var property in typeof(MemoryData).GetProperties().Where(property => property.Name != nameof(MemoryData.Lock)))
        {
            if (property.CanWrite)
            {
                property.SetValue(copy, property.GetValue(Data));
            }
            else
            {
                Fill((IDictionary)property.GetValue(copy)!, (IDictionary)property.GetValue(Data)!);
            }
        }

        return copy;
    }

    /// <summary>Puts a backup in the place of what is there, unnoticed; no node runs meanwhile.</summary>
    public void PutBack(MemoryData backup) => Data = backup;

    /// <summary>
    /// Goes on in another log, as a store does that finds itself older than it was: all own sessions end, and every
    /// signing key is replaced at the next start.
    /// </summary>
    public async Task BeginAnotherLogAsync(LogPosition last, TimeProvider time, Entropy entropy)
    {
        var epoch = entropy.NextId();
        Data.Head = new(epoch, last, Data.Head.At, LogChain.Start(epoch));
        Data.LogBase = (last, Data.Head.Chain);
        Data.Last = last > Data.Last ? last : Data.Last;
        Data.Log.Clear();
        Data.Restored = true;
        await using var store = MemoryStore.Open(Data, new() { Issuer = NodeServices.Issuer }, time, entropy);
        await store.RunAsync(
            new AppendDecision(new()
            {
                Issuer = NodeServices.Issuer, Match = Match.Issuer, Effect = Effect.End, Reason = "restored",
                Audit = AuditContext.System,
            }),
            CancellationToken.None);
    }

    // Rows never change, lists and sets of them do.
    private static void Fill(IDictionary copy, IDictionary rows)
    {
        foreach (DictionaryEntry row in rows)
        {
            copy.Add(row.Key, row.Value is ICollection some ? Activator.CreateInstance(some.GetType(), some) : row.Value);
        }
    }
}
