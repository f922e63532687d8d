using Microsoft.EntityFrameworkCore;
using Rescind.AspNetCore.Identity.Revocations;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>What one transaction holds until it is committed.</summary>
internal sealed class TransactionChanges
{
    public List<PendingChange> Changes { get; } = [];

    /// <summary>The acts from just before the commit.</summary>
    public List<Revocation> Begun { get; } = [];

    /// <summary>Whether a part of it was rolled back or left out, and nobody can tell whether changes went with it.</summary>
    public bool IsUncertain { get; set; }

    public bool IsCommitted { get; set; }

    /// <summary>Whether an interceptor of the application left out its commit.</summary>
    public bool IsLeftOpen { get; set; }

    /// <summary>What is revoked. Where a change may have been rolled back, the one before it is revoked as if it had.</summary>
    public IReadOnlyList<RevocationPlan> Plans
    {
        get
        {
            RevocationPlan[] all = [.. Changes.Select(static change => change.Plan).OfType<RevocationPlan>()];
            return IsUncertain ? all : RevocationPlan.AsOne(all);
        }
    }

    /// <summary>Takes over what <paramref name="context"/> writes.</summary>
    public void Take(DbContext context, IEnumerable<PendingChange> written, bool isPartial = false)
    {
        IsUncertain |= isPartial;
        foreach (var change in written)
        {
            change.Context = context.GetType();
            Changes.Add(change);
        }
    }
}
