using Microsoft.Extensions.Logging;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Sessions;

/// <summary>
/// Says of a session that its application gives claims which no token can carry: in the log and the audit trail, once a
/// day for each session, however often its client asks. The audit trail itself remembers that, so nothing grows here.
/// Safe for concurrent use.
/// </summary>
internal sealed class ClaimsRefusals(IRegistryStore store, ILogger<ClaimsRefusals> logger)
{
    private static readonly TimeSpan Once = TimeSpan.FromDays(1);

    /// <summary>Notes it; never fails for its own sake.</summary>
    public async Task NoteAsync(Session session, Refusal broken, AuditContext audit)
    {
        var reason = $"{broken.Error.Code}: {broken.Specifics ?? broken.Error.Title}";
        var note = new AuditNote("claims.refused", audit, reason, session.Subject, session.Id) { OnceWithin = Once };
        try
        {
            if (await store.NoteAsync(note, CancellationToken.None).ConfigureAwait(false))
            {
                SessionLog.ClaimsRefused(logger, session.Id, reason);
            }
        }
        catch (StoreUnavailableException e)
        {
            UpkeepLog.Failed(logger, e.Message);
        }
    }
}
