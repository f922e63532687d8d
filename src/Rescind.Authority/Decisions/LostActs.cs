using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// What has to be said again of a log that a store has lost a part of. Entries carry states and not acts: an act is appended
/// again where the state that stands now lacks an effect that was lost. What was lifted stays as it is: nobody lives by it.
/// </summary>
internal static class LostActs
{
    /// <summary>The newest of the lost entries about each match and each record, oldest first.</summary>
    public static IEnumerable<LogEntry> NewestOf(LostEntries lost) => lost.Entries
        .Where(entry => entry.Position > lost.After)
        .GroupBy(static entry => (entry.Kind, entry.Issuer, entry.Match), static (_, same) => same.Last())
        .OrderBy(static entry => entry.Position);

    /// <summary>The acts that a match lacks.</summary>
    /// <param name="entry">A lost state.</param>
    /// <param name="standing">What stands now.</param>
    /// <param name="after">The position up to which nothing was lost.</param>
    /// <param name="present">The store now.</param>
    public static IEnumerable<RevocationDraft> Missing(
        LogEntry entry, RevocationState standing, LogPosition after, Present present)
    {
        if (entry is not { State: { } lost, Match: { } match })
        {
            yield break;
        }

        var byAct = present.IsOwn(entry.Issuer);
        (Effect Effect, Slot Lost, Slot Standing, bool ByAct)[] slots =
        [
            (Effect.End, lost.End, standing.End, byAct), (Effect.Renew, lost.Renew, standing.Renew, byAct),
            (Effect.Reauthenticate, lost.Reauthenticate, standing.Reauthenticate, false),
            (Effect.Block, lost.Block, standing.Block, false),
        ];
        foreach (var slot in slots)
        {
            var isOver = slot.Effect is Effect.Block && slot.Lost.Second <= present.Second;
            if (slot.Lost.By > after && !isOver && !Reaches(slot.Standing, slot.Lost, slot.ByAct))
            {
                yield return new()
                {
                    Issuer = entry.Issuer, Match = match, Effect = slot.Effect, Second = slot.ByAct ? null : slot.Lost.Second,
                    Reason = $"lost in a failover as {slot.Lost.By.ToRevocationId()}", Audit = AuditContext.System,
                };
            }
        }
    }

    private static bool Reaches(Slot standing, Slot lost, bool byAct) =>
        !standing.IsEmpty && (byAct ? standing.By >= lost.By : standing.Second >= lost.Second);
}
