namespace Rescind.Authority.Stores;

/// <summary>What is known of a request, whoever sent it.</summary>
/// <param name="Address">Where it came from.</param>
/// <param name="UserAgent">What its program says of itself; null if nothing.</param>
/// <param name="RequestId">Its id in the server's log.</param>
internal sealed record RequestOrigin(string? Address, string? UserAgent, string? RequestId)
{
    /// <summary>What the audit trail says of an act by <paramref name="actor"/> in it.</summary>
    public AuditContext AuditOf(string actor) => new(actor, Address, RequestId);
}
