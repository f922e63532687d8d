using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Rescind.AspNetCore.Identity.Revoking;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>One change that a DbContext holds and that is not committed yet. Not for concurrent use, as the context is not.</summary>
/// <param name="entity">The user or role.</param>
/// <param name="state">Its state that <paramref name="plan"/> accounts for; null if the plan is about something else of it.</param>
/// <param name="plan">What is revoked at the commit; null for nothing.</param>
internal sealed class PendingChange(object entity, object? state, RevocationPlan? plan)
{
    /// <summary>The state of what is deleted.</summary>
    public static readonly object Deleted = new();

    public object Entity { get; } = entity;

    public object? State { get; } = state;

    public RevocationPlan? Plan { get; } = plan;

    /// <summary>
    /// Whether the call that made the change has returned: then it is given up once the context no longer holds the entity as changed.
    /// </summary>
    public bool IsLeftToSave { get; set; }

    /// <summary>Its row in the outbox, if the model has one.</summary>
    public OwedRevocation? Owed { get; set; }
}

/// <summary>What one DbContext holds for its next save. <paramref name="lease"/> tells the uses of a pooled context apart.</summary>
internal sealed class ContextChanges(int lease)
{
    public int Lease { get; } = lease;

    public List<PendingChange> Unsaved { get; } = [];

    public bool IsSaving { get; set; }

    /// <summary>What the application has set, while every save is given a transaction.</summary>
    public AutoTransactionBehavior? SetAside { get; set; }

    /// <summary>The transaction that the save made for itself.</summary>
    public TransactionChanges? Own { get; set; }
}

/// <summary>What one transaction holds until it is committed.</summary>
internal sealed class TransactionChanges(DbContext context)
{
    public DbContext Context { get; } = context;

    public List<PendingChange> Changes { get; } = [];

    /// <summary>The acts from just before the commit.</summary>
    public List<Revocation> Begun { get; } = [];

    /// <summary>Whether a part of it was rolled back, and perhaps changes with it.</summary>
    public bool IsPartlyRolledBack { get; set; }

    public IReadOnlyList<RevocationPlan> Plans => [.. Changes.Select(static change => change.Plan).OfType<RevocationPlan>()];
}
