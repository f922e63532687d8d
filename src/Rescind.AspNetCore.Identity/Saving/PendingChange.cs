using Microsoft.EntityFrameworkCore;
using Rescind.AspNetCore.Identity.Revocations;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// One change that a DbContext holds and that is not committed yet. Not for concurrent use, as the context is not.
/// </summary>
/// <param name="entity">The user or role.</param>
/// <param name="comparer">
/// The <c>UserManager</c> or <c>RoleManager</c> that compared it: each type of user has subjects of its own.
/// </param>
/// <param name="state">
/// Its state that <paramref name="plan"/> accounts for; null if the plan is about other rows, such as its roles.
/// </param>
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

    /// <summary>Whether it was found in what the context tracks: the next save looks anew.</summary>
    public bool IsFound { get; init; }

    /// <summary>Whether an interceptor of the application left out the save that would have written it.</summary>
    public bool IsHeldBack { get; set; }

    /// <summary>
    /// The other rows that the call left changed in its context, such as the link to a role, whether or not it succeeded.
    /// </summary>
    public IReadOnlyList<object> Rows { get; set; } = [];

    /// <summary>Its row in the outbox, if the model has one. The context tracks it while it saves and no longer.</summary>
    public OwedRevocation? Owed { get; set; }

    /// <summary>The type of the context that has written it.</summary>
    public Type? Context { get; set; }

    /// <summary>Whether its context is not going to write it any more, as far as this tells.</summary>
    public bool IsGivenUpIn(DbContext context) => IsFound || IsLeftToSave
        && (State is null
            ? Rows.All(row => IsUnchanged(context, row))
            : StoreContext.Maps(context, Entity) && IsUnchanged(context, Entity));

    /// <summary>
    /// The same once more, if its context still holds its rows as changed after they were saved: the application accepts
    /// them later, or saves again what was rolled back. A user or role is compared anew then. Null if that is not so.
    /// </summary>
    public PendingChange? AgainIn(DbContext context) => State is null && IsLeftToSave && !IsGivenUpIn(context)
        ? new(Entity, Comparer, null, Plan) { IsLeftToSave = true, Rows = Rows }
        : null;

    private static bool IsUnchanged(DbContext context, object row) =>
        context.Entry(row).State is EntityState.Unchanged or EntityState.Detached;
}
