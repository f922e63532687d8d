
namespace Rescind.Authority.Stores.Memory;

/// <summary>Forgets what nothing needs any more, as the persistent stores do (G6 says until when a thing is needed).</summary>
internal static class MemoryPurge
{
    public static Task<long> RunAsync(MemoryStore store, CancellationToken cancellationToken)
    {
        var options = store.Options;
        var dates = new PurgeDates(store.Clock.Believed.ToUnixTimeSeconds(), options.EndedRetention, options.AuditRetention);
        return store.WriteAsync(
            data =>
            {
                var total = Sessions(data, dates.Ended) + Log(data, dates.Now - (long)options.LogRetention.TotalSeconds)
                    + States(data, dates.Remembered)
                    + Remove(data.Answers, answer => answer.At < dates.Answers)
                    + Remove(data.Audit, line => line.At < dates.Audit)
                    + Remove(data.Verifiers, verifier => verifier.SeenAt < dates.Verifiers)
                    + Remove(data.Uncounted, uncounted => uncounted.Until < dates.Verifiers)
                    + Acts(data, dates.Ended, dates.Remembered);
                store.KeepBelieved(data, dates.Now);
                return total;
            },
            cancellationToken);
    }

    private static long Sessions(MemoryData data, long ended)
    {
        var due = data.Sessions.Values.Where(row => row.EndedAt < ended || row.Session.IdleExpiresAt < ended).ToList();
        foreach (var row in due)
        {
            data.Sessions.Remove(row.Number);
            data.SessionNumbers.Remove(row.Session.Id);
        }

        return due.Count;
    }

    // The chain at the newest entry that goes stays known: whoever is exactly there can still follow.
    private static long Log(MemoryData data, long before)
    {
        var due = data.Log.Values.TakeWhile(row => row.Entry.At < before).ToList();
        foreach (var (entry, chain) in due)
        {
            data.Log.Remove(entry.Position.Value);
            data.LogBase = (entry.Position, chain);
        }

        return due.Count;
    }

    // The clock that is believed now may be corrected: what went by it is known for good.
    private static long States(MemoryData data, long before)
    {
        var due = data.States.Values.Select(static entry => entry.State!.RememberUntil).Where(until => until < before)
            .DefaultIfEmpty(0).Max();
        data.Forgotten = Math.Max(data.Forgotten, due);
        return Remove(data.States, entry => entry.State!.RememberUntil < before);
    }

    // An act goes once it is past its date, explained long enough, and older than every session that lives: none can be
    // touched by it.
    private static long Acts(MemoryData data, long explained, long forgotten)
    {
        var oldest = data.Sessions.Values.FirstOrDefault(row => row.Session.IdleExpiresAt > forgotten)?.Session.Started
            ?? new(LogPosition.MaxValue);
        var due = data.Acts.Values.Where(act => act.Position <= oldest && act.At < explained && act.RememberUntil < forgotten
            && !data.Answers.Values.Any(answer => answer.Answer.Act == act.Position)).ToList();
        foreach (var act in due)
        {
            data.Acts.Remove(act.Position.Value);
            data.ActsOf[(act.Issuer, act.Match)].Remove(act.Position);
            data.Spreads.Remove(act.Position);
            foreach (var session in data.Selected.GetValueOrDefault(act.Position) ?? [])
            {
                data.SelectedBy[session].Remove(act.Position);
            }

            data.Selected.Remove(act.Position);
        }

        return due.Count;
    }

    private static long Remove<TKey, TValue>(IDictionary<TKey, TValue> rows, Func<TValue, bool> isDue)
    {
        var due = rows.Where(row => isDue(row.Value)).Select(static row => row.Key).ToList();
        due.ForEach(key => rows.Remove(key));
        return due.Count;
    }
}
