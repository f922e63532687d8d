using Microsoft.EntityFrameworkCore;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// What one DbContext holds for its next save. <paramref name="lease"/> tells the uses of a pooled context apart.
/// </summary>
internal sealed class ContextChanges(int lease)
{
    public int Lease { get; } = lease;

    public List<PendingChange> Unsaved { get; } = [];

    /// <summary>
    /// Whether a save was announced. That does not make one: an interceptor of the application may stop it, and nobody says so.
    /// </summary>
    public bool IsAnnounced { get; set; }

    /// <summary>Whether the save sends its rows to the database.</summary>
    public bool IsSaving { get; set; }

    /// <summary>
    /// Whether rows were not there as expected. That need not be the end of the save: an interceptor of the application
    /// may suppress the exception, and nobody says so.
    /// </summary>
    public bool IsOvertaken { get; set; }

    /// <summary>Whether the save went on after that, without some of its rows.</summary>
    public bool IsPartial { get; set; }

    /// <summary>What the application has set, while every save is given a transaction.</summary>
    public AutoTransactionBehavior? SetAside { get; set; }

    /// <summary>The transaction that the save made for itself.</summary>
    public TransactionChanges? Own { get; set; }

    /// <summary>The save does something else: an exception that it met before was suppressed.</summary>
    public void GoOn() => (IsOvertaken, IsPartial) = (false, IsPartial || IsOvertaken);

    /// <summary>
    /// A save of its own gets a transaction even for a single row: what is revoked just before its commit is known to be written.
    /// </summary>
    public void GetTransaction(DbContext context)
    {
        if (context.Database.IsRelational() && StoreContext.TransactionOf(context) is null)
        {
            SetAside = context.Database.AutoTransactionBehavior;
            context.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
        }
    }

    /// <summary>The save is over. Returns the transaction that it made for itself, if any.</summary>
    public TransactionChanges? Finish(DbContext context)
    {
        var own = Own;
        (IsAnnounced, IsSaving, IsOvertaken, IsPartial, Own) = (false, false, false, false, null);
        if (SetAside is { } behavior)
        {
            context.Database.AutoTransactionBehavior = behavior;
            SetAside = null;
        }

        return own;
    }
}
