using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;

namespace Rescind.Authority.Revocations;

/// <summary>
/// Takes tokens back, from an application that embeds the Authority. The application is trusted: unlike an API client
/// it may revoke whatever it names, and block the last client with the scope <c>admin</c>, which <c>/v1</c> refuses.
/// Safe for concurrent use.
/// </summary>
public interface IRevocations
{
    /// <summary>
    /// Revokes. Completes only when the log has it durably (G2); throws if that is not certain: there is no fire and
    /// forget. Throws <see cref="RevocationRefusedException"/> for a request that does not hold. It is recorded
    /// whatever else has ended what it names, because that may be lifted or run out; while an <c>end</c> of the
    /// application on exactly this token, session or key stands, that act is the answer and nothing is written.
    /// </summary>
    /// <param name="request">What, and why.</param>
    /// <param name="cancellationToken">Ends the waiting, not the revocation.</param>
    Task<Receipt> RevokeAsync(RevocationRequest request, CancellationToken cancellationToken = default);

    /// <summary>What <paramref name="request"/> would do now, and what it would not. Nothing is written.</summary>
    Task<RevocationPreview> PreviewAsync(RevocationRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes a revocation back: what nothing else had ended lives again. Returns it with
    /// <see cref="Revocation.LiftedBy"/>; throws <see cref="RevocationRefusedException"/> if there is no such
    /// revocation, or if it was lifted before.
    /// </summary>
    Task<Revocation> LiftAsync(LogPosition revocation, CancellationToken cancellationToken = default);

    /// <summary>
    /// The acts on exactly <paramref name="match"/> at this Authority's own issuer that are remembered, lifted ones
    /// too: newest first, at most 200.
    /// </summary>
    Task<IReadOnlyList<Revocation>> ListAsync(Match match, CancellationToken cancellationToken = default);
}

/// <summary>Shorter ways to revoke.</summary>
public static class RevocationsExtensions
{
    /// <summary>Ends what <paramref name="match"/> names.</summary>
    public static Task<Receipt> RevokeAsync(
        this IRevocations revocations, Match match, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(revocations);
        return revocations.RevokeAsync(new RevocationRequest { Match = match, Reason = reason }, cancellationToken);
    }

    /// <summary>
    /// Ends what <paramref name="match"/> names, and waits up to <paramref name="wait"/> until every live verifier has
    /// applied it.
    /// </summary>
    public static Task<Receipt> RevokeAndWaitAsync(
        this IRevocations revocations, Match match, string reason, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(revocations);
        return revocations.RevokeAsync(new RevocationRequest { Match = match, Reason = reason, Wait = wait }, cancellationToken);
    }
}

/// <summary>What was promised, and where it is in force.</summary>
public sealed record Receipt
{
    /// <summary>The act, as the log has it; its position is its id.</summary>
    public required Revocation Revocation { get; init; }

    /// <summary>How many living sessions it hit; null where counting took too long, which <see cref="Warnings"/> says.</summary>
    public required long? Sessions { get; init; }

    /// <summary>
    /// The refreshes that it brings; null for anything but a <see cref="Effect.Renew"/>, at our own issuer, of sessions
    /// that were counted.
    /// </summary>
    public RefreshLoad? Load { get; init; }

    /// <summary>What it does not do, though one might think so.</summary>
    public IReadOnlyList<RevocationWarning> Warnings { get; init; } = [];

    /// <summary>How many live connections all verifiers watched when it was looked at; only of a preview.</summary>
    internal long? Connections { get; init; }

    /// <summary>Where it is in force; null if nobody waited.</summary>
    public ReceiptCoverage? InForce { get; init; }
}

/// <summary>What a revocation would do.</summary>
/// <param name="Sessions">How many living sessions it would hit; null where counting took too long.</param>
/// <param name="Warnings">What it would not do.</param>
public sealed record RevocationPreview(long? Sessions, IReadOnlyList<RevocationWarning> Warnings)
{
    /// <summary>
    /// The refreshes that it would bring; null for anything but a <see cref="Effect.Renew"/>, at our own issuer, of
    /// sessions that were counted.
    /// </summary>
    public RefreshLoad? Load { get; init; }

    /// <summary>
    /// How many live connections all verifiers watch now, whosever: so many at most would close. Null if none watches any.
    /// </summary>
    public long? Connections { get; init; }
}

/// <summary>The refreshes that a renewal brings to the Authority: an estimate, made before anybody has refreshed.</summary>
/// <param name="Refreshes">How many: one for each living session that it reaches.</param>
/// <param name="Spread">Over how long they are spread; zero for not at all.</param>
public sealed record RefreshLoad(long Refreshes, TimeSpan Spread)
{
    /// <summary>How many in a second. Not spread they come as the clients call: at worst all in one.</summary>
    public double PerSecond => Refreshes / Math.Max(1, Spread.TotalSeconds);
}

/// <summary>Something that a revocation does not do, though one might think so.</summary>
/// <param name="Code">The stable code: <c>RSC2107</c>.</param>
/// <param name="Message">One sentence, and what to do about it.</param>
public sealed record RevocationWarning(string Code, string Message);

/// <summary>A revocation or a lift was refused; nothing was written.</summary>
public sealed class RevocationRefusedException : Exception
{
    internal RevocationRefusedException(string code, string message)
        : base(message) => Code = code;

    internal static RevocationRefusedException Of(Refusal? refusal) => new(refusal!.Error.Code, refusal.Sentence);

    /// <summary>The stable code: <c>RSC2009</c>.</summary>
    public string Code { get; }
}
