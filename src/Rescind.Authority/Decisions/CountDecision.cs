using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>How many sessions an act hit became known after it was recorded.</summary>
internal sealed class CountDecision(Revocation act, AffectedSessions counted, IdempotencyKey? key) : Decision<RevokeOutcome>
{
    public override Step<RevokeOutcome> Begin(Present present)
    {
        var sessions = counted.Sessions ?? throw new InvalidOperationException("Nobody counted them.");
        var changes = new ChangeList(present).Add(new CountAct(act.Position, sessions));
        return IdempotencyAnswers.Keep(
            changes, key, new(RevokeResult.Appended, act with { Sessions = sessions }, sessions, counted.Known));
    }
}
