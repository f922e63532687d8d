namespace Rescind.Authority.Revoking;

/// <summary>
/// Takes back tokens, sessions and subjects of this Authority's own issuer, from an application that embeds it. Safe for concurrent use.
/// </summary>
public interface IRevocations
{
    /// <summary>
    /// Ends what <paramref name="match"/> names. Completes only when the log has it durably (G2); throws if that is not certain: there is no
    /// fire and forget.
    /// </summary>
    /// <param name="match">A token, session or subject.</param>
    /// <param name="reason">Why, for the audit trail: 1 to 500 characters.</param>
    /// <param name="cancellationToken">Ends the waiting, not the revocation.</param>
    Task<Receipt> RevokeAsync(Match match, string reason, CancellationToken cancellationToken = default);

    /// <summary>Revokes, and waits up to <paramref name="wait"/> until every live verifier has applied it.</summary>
    Task<Receipt> RevokeAndWaitAsync(Match match, string reason, TimeSpan wait, CancellationToken cancellationToken = default);
}

/// <summary>What was promised, and where it is in force.</summary>
public sealed record Receipt
{
    /// <summary>The act, as the log has it; its position is its id.</summary>
    public required Revocation Revocation { get; init; }

    /// <summary>How many living sessions it ended.</summary>
    public required long Sessions { get; init; }

    /// <summary>Where it is in force; null if nobody waited.</summary>
    public ReceiptCoverage? InForce { get; init; }
}

/// <summary>How far a revocation has come.</summary>
/// <param name="Verifiers">How many verifiers are live.</param>
/// <param name="Applied">How many of them have applied it.</param>
/// <param name="Elapsed">From the commit until the last of them, or until the wait ran out.</param>
/// <param name="Behind">Those that have not.</param>
/// <param name="CertainAt">When even a silent verifier must have stopped accepting.</param>
public sealed record ReceiptCoverage(int Verifiers, int Applied, TimeSpan Elapsed, IReadOnlyList<string> Behind, DateTimeOffset CertainAt);
