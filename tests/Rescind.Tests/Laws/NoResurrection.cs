using CsCheck;

namespace Rescind.Tests.Laws;

/// <summary>What was dead once is never valid again before it expires (G3, G6).</summary>
public sealed class NoResurrection
{
    private static readonly Gen<Happening[]> AnyStory =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 100_000], Gen.Int[0, 100_000],
            (what, a, b) => new Happening(what, a, b)).Array[10, 40];

    [Fact]
    public void Purges_restarts_clock_steps_and_changed_limits_bring_nothing_back() =>
        Gen.Select(Gen.Bool, Gen.Bool, AnyStory).Sample(
            (own, sendsAuthTime, happenings) =>
            {
                var story = new Story(own, sendsAuthTime);
                Array.ForEach(happenings, story.Tell);
            },
            iter: Cases.Of(0.2),
            print: story => $"own={story.Item1} sends={story.Item2}\n{string.Join('\n', story.Item3)}");
}
