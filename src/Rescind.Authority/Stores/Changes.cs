namespace Rescind.Authority.Stores;

/// <summary>What is to be written, all of it or nothing.</summary>
/// <param name="List">In this order.</param>
/// <param name="Conditions">
/// What must still be so when it is written; a store whose transactions see no others need not look.
/// </param>
/// <param name="Last">
/// The last position that it gives out, which is never given out again, whatever becomes of it; the default for none.
/// </param>
internal sealed record Changes(IReadOnlyList<Change> List, IReadOnlyList<Condition> Conditions, LogPosition Last)
{
    public static Changes None { get; } = new([], [], default);

    /// <summary>The second at which tokens are minted on the ground of it, whatever else is written; 0 if none are.</summary>
    public long Minted { get; init; }
}
