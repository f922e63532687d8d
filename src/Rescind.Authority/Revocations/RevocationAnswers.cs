using Rescind.Authority.Feeding;



namespace Rescind.Authority.Revocations;

/// <summary>Acts and receipts as they are answered.</summary>
internal static class RevocationAnswers
{
    /// <summary>What was done: the act and its receipt.</summary>
    public static RevocationAnswer Of(Receipt receipt) => Of(receipt.Revocation) with
    {
        Affected = new(receipt.Sessions),
        Load = receipt.Load is { } load ? new(load.Refreshes, Math.Round(load.PerSecond, 1)) : null,
        Warnings = [.. receipt.Warnings.Select(warning => new WarningAnswer(warning.Code, warning.Message))],
        InForce = receipt.InForce is { } coverage ? Of(coverage) : null,
    };

    /// <summary>What was taken back: the act, and the sessions that live again.</summary>
    public static RevocationAnswer Of(Lifted lifted) => Of(lifted.Revocation) with { Affected = new(lifted.Sessions) };

    /// <summary>What would be done: the same, of an act that is nowhere.</summary>
    public static RevocationAnswer OfPreview(Receipt receipt) =>
        Of(receipt) with { Id = null, Position = null, Connections = receipt.Connections };

    /// <summary>The act as it is kept.</summary>
    public static RevocationAnswer Of(Revocation act) => new()
    {
        Id = act.Position.ToRevocationId(),
        Position = act.Position.Value,
        Issuer = act.Issuer,
        Match = MatchBody.Of(act.Match),
        Effect = act.Effect.ToString().ToLowerInvariant(),
        Before = act.Effect is Effect.Block || act.Match.EndsUnconditionally || act.Spread > 0 || act.Second == act.At
            ? null
            : At(act.Second),
        Until = act.Effect is Effect.Block ? At(act.Second) : null,
        Except = act.Except.Count == 0 ? null : act.Except,
        Spread = act.Spread == 0 ? null : act.Spread,
        Reason = act.Reason,
        Actor = act.Actor,
        At = At(act.At),
        RememberUntil = act.RememberUntil == RevocationState.Never ? null : At(act.RememberUntil),
        LiftedBy = act.LiftedBy?.ToRevocationId(),
        Affected = act.Sessions is { } sessions ? new(sessions) : null,
    };

    public static InForceAnswer Of(ReceiptCoverage coverage) =>
        new(coverage.Verifiers, coverage.Applied, (long)coverage.Elapsed.TotalMilliseconds, coverage.Behind, coverage.CertainAt,
            coverage.Uncounted, coverage.Closed);

    private static DateTimeOffset At(long second) => DateTimeOffset.FromUnixTimeSeconds(second);
}
