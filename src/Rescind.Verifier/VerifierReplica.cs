namespace Rescind.Verifier;

/// <summary>
/// The verifier's own replica and its judge. Not registered as a <see cref="Rescind.Replica"/>: an Authority in the
/// same process has one of its own, which is never stale.
/// </summary>
internal sealed class VerifierReplica
{
    public VerifierReplica(VerifierClock clock)
    {
        Replica = new(clock.Time, clock.Entropy);
        Judge = new(Replica, clock.Time);
    }

    public Replica Replica { get; }

    public Judge Judge { get; }
}
