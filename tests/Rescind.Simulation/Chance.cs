using System.Buffers.Binary;

namespace Rescind.Simulation;

/// <summary>
/// Every random decision of a run, from its one seed. The generator is written out so that a seed means the same for ever.
/// </summary>
internal sealed class Chance(ulong seed) : Entropy
{
    private ulong _state = seed;

    public override void Fill(Span<byte> destination)
    {
        Span<byte> word = stackalloc byte[8];
        for (; destination.Length > 0; destination = destination[Math.Min(8, destination.Length)..])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Next());
            word[..Math.Min(8, destination.Length)].CopyTo(destination);
        }
    }

    /// <summary>Chance of its own for one part of a run, so that what that part draws moves nothing elsewhere.</summary>
    public Chance Apart() => new(Next());

    public bool Of(double probability) => NextFraction() < probability;

    public int Below(int count) => (int)(NextFraction() * count);

    public T Pick<T>(IReadOnlyList<T> list) => list[Below(list.Count)];

    public TimeSpan Between(TimeSpan from, TimeSpan to) => from + ((to - from) * NextFraction());

    public TimeSpan Milliseconds(double from, double to) =>
        Between(TimeSpan.FromMilliseconds(from), TimeSpan.FromMilliseconds(to));

    // SplitMix64.
    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
