namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// A row of the outbox: what is revoked once the change that was committed with it is true. Gone when that is done.
/// </summary>
internal sealed class OwedRevocation
{
    public long Id { get; set; }

    /// <summary>Whose sessions; null where a change of a role reaches those of many.</summary>
    public string? Subject { get; set; }

    /// <summary>The <see cref="Revocations.RevocationPlan"/> as JSON.</summary>
    public required string Plan { get; set; }

    /// <summary>When the row was written, in Unix seconds.</summary>
    public long WrittenAt { get; set; }
}
