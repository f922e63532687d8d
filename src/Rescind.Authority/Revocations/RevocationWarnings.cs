using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Revocations;

/// <summary>What a revocation does not do, though whoever pressed the button might think so. Pure.</summary>
internal static class RevocationWarnings
{
    // A sentence is to be read; who wants more reads the list in the receipt.
    private const int MostNamed = 10;

    /// <summary>The warnings about one act, done or only previewed.</summary>
    /// <param name="act">The act.</param>
    /// <param name="outcome">What the store says of it.</param>
    /// <param name="own">Whether it is at our own issuer.</param>
    /// <param name="present">
    /// Which verifiers are up to date: others stop accepting only at their bound. Null where that is no matter.
    /// </param>
    public static IReadOnlyList<RevocationWarning> Of(
        Revocation act, RevokeOutcome outcome, bool own, ReceiptCoverage? present) =>
    [
        .. When(!outcome.Known, Errors.NothingKnown),
        .. When(outcome.Sessions is null, Errors.NotCounted),
        .. When(act is { BySession: true, Spread: 0 } && act.Match.Traits.IsInTokensOfClients,
            Errors.ClientTokensSpared),
        .. When(act.Match.Traits.MayBeAbsent, Errors.TokensWithoutTheClaim),
        .. When(act.Match.Kind is MatchKind.Digest, Errors.TokenWithoutId),
        .. When(present?.Behind.Count > 0, Errors.VerifiersBehind, Named(present)),
        .. When(!own && MintsAgain(act), Errors.IssuerMintsAgain),
    ];

    /// <summary>
    /// The warning about the refreshes that a renewal brings, if more come in a second than are served at once.
    /// </summary>
    public static IEnumerable<RevocationWarning> Of(RefreshLoad? load, int servedAtOnce) =>
        When(load?.PerSecond > servedAtOnce, Errors.RefreshFlood,
            $"{load?.PerSecond:0} in a second, where {servedAtOnce} are served at once");

    private static string? Named(ReceiptCoverage? present) => present is null ? null
        : string.Join(", ", present.Behind.Take(MostNamed))
            + (present.Verifiers - present.Applied - MostNamed is > 0 and var more ? $" and {more} more" : "");

    // A refresh at the foreign issuer gives a token from after the cutoff; only what the token always says holds
    // against it (T-10).
    private static bool MintsAgain(Revocation act) => act.Effect is Effect.End && !act.Match.EndsUnconditionally;

    private static IEnumerable<RevocationWarning> When(bool holds, Error warning, string? specifics = null) => holds
        ? [new(
            warning.Code,
            specifics is null ? $"{warning.Title} {warning.NextStep}" : $"{warning.Title} {specifics}. {warning.NextStep}")]
        : [];
}
