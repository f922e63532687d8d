using Microsoft.EntityFrameworkCore;
using Rescind.AspNetCore.Identity.Revoking;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>One change that a DbContext holds and that is not committed yet. Not for concurrent use, as the context is not.</summary>
/// <param name="entity">The user or role.</param>
/// <param name="comparer">The <c>UserManager</c> or <c>RoleManager</c> that compared it: each type of user has subjects of its own.</param>
/// <param name="state">Its state that <paramref name="plan"/> accounts for; null if the plan is about other rows, such as its roles.</param>
/// <param name="plan">What is revoked at the commit; null for nothing.</param>
internal sealed class PendingChange(object entity, Type comparer, object? state, RevocationPlan? plan)
{
    /// <summary>The state of what is deleted.</summary>
    public static readonly object Deleted = new();

    public object Entity { get; } = entity;

    public Type Comparer { get; } = comparer;

    public object? State { get; } = state;

    public RevocationPlan? Plan { get; } = plan;

    /// <summary>
    /// Whether the call that made the change has returned: then it is given up once the context no longer holds it as changed.
    /// </summary>
    public bool IsLeftToSave { get; set; }

    /// <summary>The other rows that the call left changed in its context, such as the link to a role, whether or not it succeeded.</summary>
    public IReadOnlyList<object> Rows { get; set; } = [];

    /// <summary>Its row in the outbox, if the model has one. The context tracks it while it saves and no longer.</summary>
    public OwedRevocation? Owed { get; set; }

    /// <summary>The type of the context that has written it.</summary>
    public Type? Context { get; set; }

    /// <summary>Whether its context is not going to write it any more.</summary>
    public bool IsGivenUpIn(DbContext context) => IsLeftToSave
        && (State is null ? Rows.All(row => IsUnchanged(context, row)) : StoreContext.Maps(context, Entity) && IsUnchanged(context, Entity));

    /// <summary>
    /// The same once more, if its context still holds its rows as changed after they were saved: the application accepts them later, or saves
    /// again what was rolled back. A user or role is compared anew then. Null if that is not so.
    /// </summary>
    public PendingChange? AgainIn(DbContext context) => State is null && IsLeftToSave && !IsGivenUpIn(context)
        ? new(Entity, Comparer, null, Plan) { IsLeftToSave = true, Rows = Rows }
        : null;

    private static bool IsUnchanged(DbContext context, object row) =>
        context.Entry(row).State is EntityState.Unchanged or EntityState.Detached;
}

/// <summary>What one DbContext holds for its next save. <paramref name="lease"/> tells the uses of a pooled context apart.</summary>
internal sealed class ContextChanges(int lease)
{
    public int Lease { get; } = lease;

    public List<PendingChange> Unsaved { get; } = [];

    /// <summary>Whether a save was announced. That does not make one: an interceptor of the application may stop it, and nobody says so.</summary>
    public bool IsAnnounced { get; set; }

    /// <summary>Whether the save sends its rows to the database.</summary>
    public bool IsSaving { get; set; }

    /// <summary>What the application has set, while every save is given a transaction.</summary>
    public AutoTransactionBehavior? SetAside { get; set; }

    /// <summary>The transaction that the save made for itself.</summary>
    public TransactionChanges? Own { get; set; }
}

/// <summary>What one transaction holds until it is committed.</summary>
internal sealed class TransactionChanges
{
    public List<PendingChange> Changes { get; } = [];

    /// <summary>The acts from just before the commit.</summary>
    public List<Revocation> Begun { get; } = [];

    /// <summary>Whether a part of it was rolled back, and nobody can tell whether changes went with it.</summary>
    public bool IsUncertain { get; set; }

    public bool IsCommitted { get; set; }

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
    public void Take(DbContext context, IEnumerable<PendingChange> written)
    {
        foreach (var change in written)
        {
            change.Context = context.GetType();
            Changes.Add(change);
        }
    }
}
