using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>How far a revocation has come.</summary>
/// <param name="Verifiers">How many verifiers are live.</param>
/// <param name="Applied">How many of them have applied it.</param>
/// <param name="Elapsed">From the commit until the last of them, or until the wait ran out.</param>
/// <param name="Behind">Those that have not, the furthest behind first; at most 100 are named.</param>
/// <param name="CertainAt">When even a silent verifier must have stopped accepting.</param>
public sealed record ReceiptCoverage(
    int Verifiers, int Applied, TimeSpan Elapsed, IReadOnlyList<string> Behind, DateTimeOffset CertainAt)
{
    /// <summary>The most that are named: a name may be long, and there may be very many.</summary>
    internal const int MostNamed = 100;

    /// <summary>
    /// How many live verifiers are served beyond the share of their client, and counted nowhere else here: at least so
    /// many. Where there are any, <see cref="CertainAt"/> is the commit and the largest bound that a verifier may have.
    /// </summary>
    public int Uncounted { get; init; }

    /// <summary>
    /// How many live connections were closed meanwhile, for this act or another; null if no verifier watches any.
    /// </summary>
    public long? Closed { get; init; }

    /// <summary>What holds at <paramref name="now"/> of the verifiers that are live.</summary>
    internal static ReceiptCoverage Of(
        LiveVerifiers live, int uncounted, LogPosition position, DateTimeOffset committed, TimeSpan elapsed, DateTimeOffset now)
    {
        var certain = committed + live.LongestBehind(position, elapsed, now);

        // Of one that is not counted nobody knows how far it is.
        return new(live.Count, live.Count - live.CountBehind(position), elapsed,
            [.. live.Behind(position, MostNamed).Select(known => known.Label)],
            uncounted > 0 ? committed + TimeSpan.FromSeconds(Retention.LargestBound) : certain)
        {
            Uncounted = uncounted,
        };
    }

    /// <summary>The same where other nodes may serve verifiers of which the store has not said how far they are.</summary>
    internal ReceiptCoverage WithUnknown(DateTimeOffset committed) => this with
    {
        Uncounted = Math.Max(1, Uncounted), CertainAt = committed + TimeSpan.FromSeconds(Retention.LargestBound),
    };

    /// <summary>
    /// The same with verifiers that other nodes serve, and with <paramref name="largest"/> as the largest bound of those
    /// here that are behind: another node may have proved to them since that they are as fresh as the commit.
    /// </summary>
    internal ReceiptCoverage With(
        IReadOnlyList<StoredVerifier> others, LogPosition position, DateTimeOffset committed, TimeSpan largest)
    {
        List<StoredVerifier> behind = [.. others.Where(row => row.Position < position).OrderBy(static row => row.Position)];
        var bound = TimeSpan.FromMilliseconds(behind.Select(static row => row.BoundMilliseconds).DefaultIfEmpty().Max());
        var certain = committed + (bound > largest ? bound : largest);
        return this with
        {
            Verifiers = Verifiers + others.Count,
            Applied = Applied + others.Count - behind.Count,
            Behind = [.. Behind, .. behind.Take(MostNamed - Behind.Count).Select(static row => $"{row.Name}/{row.Instance}")],
            CertainAt = certain > CertainAt ? certain : CertainAt,
        };
    }
}
