namespace Rescind.Tests.Laws;

/// <summary>A lift takes back its act and nothing else.</summary>
public sealed class Lifts
{
    private static readonly Match Subject = Match.Subject("u");

    [Fact]
    public void Lifting_the_newer_of_two_ends_leaves_the_older()
    {
        var state = RevocationState.Of([Act(Effect.End, 10), Act(Effect.End, 20, lifted: true)], ownIssuer: true);

        state.End.By.Value.ShouldBe(10);
    }

    [Fact]
    public void Lifting_an_effect_leaves_the_other_effects_of_the_match()
    {
        var state = RevocationState.Of(
            [Act(Effect.End, 10, lifted: true), Act(Effect.Renew, 20), Act(Effect.Reauthenticate, 30), Act(Effect.Block, 40)],
            ownIssuer: true);

        state.End.IsEmpty.ShouldBeTrue();
        state.Renew.By.Value.ShouldBe(20);
        state.Reauthenticate.By.Value.ShouldBe(30);
        state.Block.By.Value.ShouldBe(40);
    }

    [Fact]
    public void Lifting_everything_leaves_a_tombstone_with_the_old_date()
    {
        var state = RevocationState.Of([Act(Effect.End, 10, lifted: true), Act(Effect.Renew, 20, lifted: true)], ownIssuer: true);

        state.IsEmpty.ShouldBeTrue();
        state.RememberUntil.ShouldBe(20);
    }

    [Fact]
    public void A_slot_is_kept_whole_when_acts_meet()
    {
        // Abroad the later cutoff wins, though its act came first; at home the later act wins, whatever its second.
        Revocation[] acts = [Act(Effect.End, 10, second: 99), Act(Effect.End, 20, second: 5)];

        RevocationState.Of(acts, ownIssuer: false).End.ShouldBe(new(new(10), 99));
        RevocationState.Of(acts, ownIssuer: true).End.ShouldBe(new(new(20), 5));
    }

    private static Revocation Act(Effect effect, long position, bool lifted = false, long? second = null) => new()
    {
        Position = new(position),
        At = position,
        Issuer = TestLog.Own,
        Match = Subject,
        Effect = effect,
        Second = second ?? position,
        Reason = "a law",
        Actor = "client:laws",
        RememberUntil = position,
        LiftedBy = lifted ? new(position + 100) : null,
    };
}
