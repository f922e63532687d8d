using Microsoft.Extensions.Logging;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// Says that a verifier knows a part of the log that is not in it: then an older copy of the data runs here, and what
/// was revoked since the copy lives again. At once, and at most once an hour for each client, which could as well make
/// it up: nothing else follows from it. Safe for concurrent use.
/// </summary>
internal sealed class OlderCopyAlarm(IRegistryStore store, TimeProvider time, ILogger<OlderCopyAlarm> logger)
{
    /// <summary>How long a client is not heard again.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    // Clients are registered, so there are few; one that is gone is forgotten with the next that is heard.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _heard = new(StringComparer.Ordinal);
    private DateTimeOffset? _since;

    /// <summary>When it was raised first since the start; null if it was not.</summary>
    public DateTimeOffset? Since
    {
        get
        {
            lock (_lock)
            {
                return _since;
            }
        }
    }

    /// <summary>
    /// Raises it if a follower that was answered with <paramref name="outcome"/> has shown that the log went back.
    /// </summary>
    public async ValueTask CheckAsync(FeedRequest request, FeedOutcome outcome, LogHead head, AuditContext audit)
    {
        if ((outcome is not FeedOutcome.Conflict && request.After <= head.Position) || !IsDue(audit.Actor))
        {
            return;
        }

        // In the audit trail first: whoever reads of it in the log finds it there.
        try
        {
            await store.NoteAsync(new("feed.conflict", audit, Reason(request, head)), CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            UpkeepLog.Failed(logger, e.Message);
        }

        FeedLog.OlderCopy(logger, audit.Actor, request.After, head.Position);
    }

    private static string Reason(FeedRequest request, LogHead head) =>
        $"position {request.After.Value} is not in this log, whose head is {head.Position.Value}: was an older copy of "
        + "the data put back?";

    private bool IsDue(string actor)
    {
        lock (_lock)
        {
            if (_heard.TryGetValue(actor, out var last) && time.GetElapsedTime(last) < Interval)
            {
                return false;
            }

            foreach (var (other, when) in _heard)
            {
                if (time.GetElapsedTime(when) >= Interval)
                {
                    _heard.Remove(other);
                }
            }

            _heard[actor] = time.GetTimestamp();
            _since ??= time.GetUtcNow();
            return true;
        }
    }
}
