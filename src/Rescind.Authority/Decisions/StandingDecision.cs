using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// The act that answers a draft which is to be recorded once; null if there is something to record. Writes nothing.
/// </summary>
internal sealed class StandingDecision(RevocationDraft draft) : Decision<Revocation?>
{
    public override Step<Revocation?> Begin(Present present) => OwnEnds.AskAnswer(present, draft, Steps.Done);
}
