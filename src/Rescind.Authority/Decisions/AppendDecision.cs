using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>An act that is recorded whatever stands already, and spares nobody.</summary>
internal sealed class AppendDecision(RevocationDraft draft) : Decision<Revocation>
{
    public override Step<Revocation> Begin(Present present)
    {
        var changes = new ChangeList(present);
        return Appending.Ask(changes, draft, subject: null, act => Steps.Done(act, changes.Build()));
    }
}
