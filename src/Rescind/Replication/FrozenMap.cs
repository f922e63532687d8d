namespace Rescind;

/// <summary>
/// The map of a log that the present one did not continue, judged beside it until time forgets each entry. A clock that
/// was ahead may have dated cutoffs in it later than the moment at which it was frozen. Every act in it came before that
/// moment, so they reach nothing that is surely from after it.
/// </summary>
/// <param name="Set">The map; nothing is written to it.</param>
/// <param name="FrozenAt">The second at which it was frozen, by the later of our clock and the Authority's.</param>
/// <param name="Next">
/// The head under which the next log began, as far as we know: what is minted below it is of the old one, and may have a
/// login of the wrong clock.
/// </param>
internal sealed record FrozenMap(RevocationSet Set, long FrozenAt, LogPosition Next)
{
    /// <summary>
    /// The map of the log that went up to <paramref name="last"/> for us, when <paramref name="next"/> is read.
    /// </summary>
    public static FrozenMap Of(RevocationSet set, LogHead? last, LogHead next, long now) => new(
        set, Math.Max(now, next.At), BeginsAnew(last, next) ? next.Position : new(LogPosition.MaxValue));

    /// <summary>A cutoff of this map as it reaches a token that was minted under a head.</summary>
    public Slot Reaching(Slot cutoff, bool own, LogPosition minted) =>
        IsFromTheFuture(cutoff, own, minted) ? new(cutoff.By, FurthestOf(own)) : cutoff;

    /// <summary>Whether a cutoff is dated later than its act can have come, and nothing of the token is from that time.</summary>
    public bool IsFromTheFuture(Slot cutoff, bool own, LogPosition minted) =>
        cutoff.Second > FurthestOf(own) && (!own || minted >= Next);

    // Another issuer dates by a clock of its own.
    private long FurthestOf(bool own) => own ? FrozenAt : FrozenAt + Retention.ClockMargin;

    // Whoever begins another epoch has corrected the logins of our own sessions, or ended them.
    private static bool BeginsAnew(LogHead? last, LogHead next) =>
        last is not null && next.Epoch != last.Epoch && next.Position > last.Position;
}
