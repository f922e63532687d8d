using CsCheck;

namespace Rescind.Authority.Tests.Feeding;

/// <summary>Receipts of many verifiers cost little, and say what looking at every one of them would say (G1, G3).</summary>
public sealed class VerifiersAgainstNaiveOnes
{
    private static readonly Gen<Happening[]> AnyStory =
        Gen.Select(Gen.Int[0, 14], Gen.Int[0, 5], Gen.Int[0, 100_000], (what, who, amount) => new Happening(what, who, amount))
            .Array[10, 60];

    [Fact]
    public Task Whatever_verifiers_do_receipts_say_what_looking_at_every_one_of_them_would_say() => AnyStory.SampleAsync(
        async happenings =>
        {
            using var story = new VerifierStory();
            foreach (var happening in happenings)
            {
                await story.TellAsync(happening);
            }

            await story.EndAsync();
        },
        iter: 500,
        print: happenings => string.Join('\n', happenings.Select(static happening => happening.ToString())));
}
