namespace Rescind;

/// <summary>
/// One effect's place in a <see cref="RevocationState"/>: the act that caused it and the second that it names.
/// The default is an empty slot.
/// </summary>
/// <param name="By">The position of the act; it is the explanation id, and the cutoff for tokens of our own issuer.</param>
/// <param name="Second">Seconds since the Unix epoch: <c>before</c> of a cutoff, <c>until</c> of a block.</param>
public readonly record struct Slot(LogPosition By, long Second)
{
    /// <summary>Whether nothing is here.</summary>
    public bool IsEmpty => By.Value == 0;

    /// <summary>
    /// The slot that stays when two acts meet, kept whole. At our own issuer <c>end</c> and <c>renew</c> go by the act,
    /// all others by the second.
    /// </summary>
    internal static Slot Merge(Slot left, Slot right, bool byAct)
    {
        if (left.IsEmpty || right.IsEmpty)
        {
            return left.IsEmpty ? right : left;
        }

        var rightWins = byAct || left.Second == right.Second ? right.By > left.By : right.Second > left.Second;
        return rightWins ? right : left;
    }
}
