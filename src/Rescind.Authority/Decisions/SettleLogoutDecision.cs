using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// A logout is over, unless its session has ended anew since; one that never arrived is noted. The outcome says whether
/// it was waiting.
/// </summary>
internal sealed class SettleLogoutDecision(Logout logout, LogoutResult result) : Decision<bool>
{
    public override Step<bool> Begin(Present present) => Steps.Ask(new IsWaiting(logout.Number, logout.Act), isWaiting =>
    {
        if (!isWaiting)
        {
            return Steps.Done(false);
        }

        var changes = new ChangeList(present).Add(new RemoveLogout(logout.Number));
        if (Lost() is { } lost)
        {
            changes.Note(lost.Action, AuditContext.System, new(
                present.Issuer, Match.Session(logout.SessionId), Reason: $"the client {logout.ClientId} {lost.What}",
                Subject: logout.Subject, SessionId: logout.SessionId));
        }

        return Steps.Done(true, changes.Build());
    });

    private (string Action, string What)? Lost() => result switch
    {
        LogoutResult.Refused => ("logout.refused", "refused to be told"),
        LogoutResult.Undelivered => ("logout.undelivered", "could not be told"),
        _ => null,
    };
}
