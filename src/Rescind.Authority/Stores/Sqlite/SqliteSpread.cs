using Rescind.Authority.Decisions;
using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>An act that is being spread, or whose spreading a lift undoes.</summary>
/// <param name="Act">The act.</param>
/// <param name="After">The row of the session that was looked at last.</param>
/// <param name="Scanned">How many sessions were scanned so far.</param>
internal sealed record OpenSpread(Revocation Act, long After, long Scanned);

/// <summary>What one look for the sessions of an act found.</summary>
/// <param name="Sessions">Those that the act touches.</param>
/// <param name="To">The row of the session that was looked at last, touched or not: none up to there is looked at again.</param>
/// <param name="IsMore">Whether there may be more of those that were scanned.</param>
internal sealed record SoughtSessions(IReadOnlyList<Session> Sessions, long To, bool IsMore);

/// <summary>
/// A renewal that is spread over time. At our own issuer it reaches one session after another, as an act that spares sessions does, and at the
/// end its whole match. At another issuer, whose sessions nobody here knows, its cutoff advances from what has expired anyway to the moment of the
/// act: the oldest tokens go first.
/// </summary>
internal static class SqliteSpread
{
    /// <summary>The most sessions that are reached, or given back, in one transaction.</summary>
    public const int MostAtOnce = 500;

    /// <summary>The most sessions that are looked at in one look: those that are over stay where they are, and there may be very many.</summary>
    private const int MostLooked = 5_000;

    /// <summary>The most steps in which the cutoff of another issuer advances: each is an entry of the log.</summary>
    private const long MostSteps = 100;

    private const string Open = $"select after, sought, {LogRows.Act} from spreads cross join acts on position = act";

    /// <summary>Begins to spread an act, or to undo that bite by bite.</summary>
    public static void Begin(SqliteLink link, Revocation act) =>
        link.Prepare("insert or ignore into spreads (act, after, sought) values (?1, 0, 0)").Bind(act.Position).Run();

    /// <summary>All that is not finished.</summary>
    public static IReadOnlyList<OpenSpread> FindOpen(SqliteLink link)
    {
        using var rows = link.Prepare(Open);
        var open = new List<OpenSpread>();
        while (rows.Step())
        {
            open.Add(Read(rows));
        }

        return open;
    }

    /// <summary>Whether nobody knows yet over how many sessions it is spread.</summary>
    public static bool IsUncounted(OpenSpread spread, string ownIssuer, long now) =>
        spread.Act is { Sessions: null, LiftedBy: null } act && act.Issuer == ownIssuer && now < act.At + act.Spread;

    /// <summary>
    /// What the next step at <paramref name="now"/> needs; null if there is none to take. Looked for on a reader: most of the time nothing is due, and
    /// the writer is left to others.
    /// </summary>
    public static SoughtSessions? FindStep(SqliteLink link, string ownIssuer, OpenSpread spread, long now)
    {
        var (act, due) = (spread.Act, FindDue(link, ownIssuer, spread, now));
        var isDue = act.LiftedBy is not null || now >= act.At + act.Spread || (act.Issuer == ownIssuer
            ? due.To != spread.After
            : CutoffAt(now, act, SqliteLog.FindIssuer(link, act.Issuer)) > act.Second);
        return isDue ? due : null;
    }

    // The next sessions to be reached: as many as the time that has passed asks for.
    private static SoughtSessions FindDue(SqliteLink link, string ownIssuer, OpenSpread spread, long now)
    {
        var act = spread.Act;
        var elapsed = Math.Clamp(now - act.At, 0, act.Spread);
        var due = Math.Min(((act.Sessions ?? 0) * elapsed / act.Spread) - spread.Scanned, MostAtOnce);
        return act.LiftedBy is null && elapsed < act.Spread && due > 0
            ? Seek(link, ownIssuer, act, spread.After, now, (int)due)
            : new([], spread.After, IsMore: false);
    }

    /// <summary>Looks after a row for sessions that an act touches: for so many, and at so many as are looked at in one look.</summary>
    public static SoughtSessions Seek(SqliteLink link, string ownIssuer, Revocation act, long after, long now, int most)
    {
        var (found, looked, to) = (new List<Session>(), 0, after);
        foreach (var row in SqliteAffected.Find(link, ownIssuer, act, after))
        {
            if (SqliteAffected.IsTouched(link, ownIssuer, act, row.Session, now))
            {
                found.Add(row.Session);
            }

            (looked, to) = (looked + 1, row.Number);
            if (found.Count == most || looked == MostLooked)
            {
                return new(found, to, IsMore: found.Count < most || most == MostAtOnce);
            }
        }

        return new(found, to, IsMore: false);
    }

    /// <summary>Keeps over how many sessions an act is spread.</summary>
    public static OpenSpread Count(SqliteLog log, OpenSpread spread, long sessions)
    {
        log.Link.Prepare("update acts set sessions = ?1 where position = ?2").Bind(sessions).Bind(spread.Act.Position).Run();
        return spread with { Act = spread.Act with { Sessions = sessions } };
    }

    /// <summary>Takes one step; returns the spread as it is then if more may be due already.</summary>
    public static OpenSpread? Advance(SqliteLog log, OpenSpread spread, SoughtSessions due)
    {
        // A lift may have come since it was read.
        if (Find(log.Link, spread.Act.Position) is not { } current
            || current.After != spread.After || current.Act.LiftedBy != spread.Act.LiftedBy)
        {
            return null;
        }

        var act = current.Act;
        return act.LiftedBy is not null ? GiveBackMore(log, current)
            : log.Second >= act.At + act.Spread ? Finish(log, act)
            : log.IsOwn(act.Issuer) ? Reach(log, current, due)
            : AdvanceCutoff(log, act);
    }

    // A session that has refreshed since has nothing to renew; what it may still hold from before is reached at the end.
    private static OpenSpread? Reach(SqliteLog log, OpenSpread spread, SoughtSessions due)
    {
        if (due.To == spread.After)
        {
            return null;
        }

        var act = spread.Act;
        foreach (var session in due.Sessions.Where(session => session.LastRefreshedAt <= act.At))
        {
            SqliteSelected.Add(log.Link, act, session.Id);
            SqliteActs.AppendState(log, log.NextEntryPosition(), act.Issuer, Match.Session(session.Id), act);
        }

        var next = spread with { After = due.To, Scanned = spread.Scanned + due.Sessions.Count };
        log.Link.Prepare("update spreads set after = ?1, sought = ?2 where act = ?3").Bind(next.After).Bind(next.Scanned).Bind(act.Position).Run();
        return due.IsMore ? next : null;
    }

    private static OpenSpread? AdvanceCutoff(SqliteLog log, Revocation act)
    {
        if (CutoffAt(log.Second, act, log.FindIssuer(act.Issuer)) is var cutoff && cutoff > act.Second)
        {
            MoveTo(log, act, cutoff);
        }

        return null;
    }

    private static long CutoffAt(long now, Revocation act, IssuerRecord? issuer)
    {
        var first = Acts.FirstCutoff(act.At, issuer);
        var steps = Math.Min(act.Spread, MostSteps);
        var taken = steps * (now - act.At) / act.Spread;
        return first + ((act.At - first) * taken / steps);
    }

    private static OpenSpread? Finish(SqliteLog log, Revocation act)
    {
        MoveTo(log, act, act.At);
        End(log.Link, act);
        return null;
    }

    // From the first move on, its own match carries it; at our own issuer the only one is the last.
    private static void MoveTo(SqliteLog log, Revocation act, long cutoff)
    {
        var moved = act with { BySession = false, Second = cutoff };
        log.Link.Prepare("update acts set by_session = 0, second = ?1, rank = ?2 where position = ?3")
            .Bind(cutoff).Bind(SqliteActs.RankOf(moved, log.IsOwn(act.Issuer))).Bind(act.Position).Run();
        SqliteActs.AppendState(log, log.NextEntryPosition(), act.Issuer, act.Match, moved);
    }

    // What a lift began: until nothing is left.
    private static OpenSpread? GiveBackMore(SqliteLog log, OpenSpread spread)
    {
        var sessions = SqliteSelected.Remove(log.Link, spread.Act, MostAtOnce);
        foreach (var session in sessions)
        {
            SqliteActs.AppendStateAnew(log, log.NextEntryPosition(), spread.Act.Issuer, Match.Session(session));
        }

        if (SqliteSelected.IsAny(log.Link, spread.Act))
        {
            return spread;
        }

        End(log.Link, spread.Act);
        return null;
    }

    private static void End(SqliteLink link, Revocation act) => link.Prepare("delete from spreads where act = ?1").Bind(act.Position).Run();

    private static OpenSpread? Find(SqliteLink link, LogPosition act)
    {
        using var row = link.Prepare(Open + " where act = ?1").Bind(act);
        return row.Step() ? Read(row) : null;
    }

    private static OpenSpread Read(SqliteStatement row)
    {
        var (after, scanned) = (row.Int64(), row.Int64());
        return new(LogRows.ReadAct(row), after, scanned);
    }
}
