using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// What an actor's own ends did already: whoever repeats it is answered from them, and nothing is written. An act of somebody else never counts,
/// because it may be lifted or run out.
/// </summary>
internal static class SqliteOwnEnds
{
    private const string OfMatch =
        $"""
        select {LogRows.Act} from acts where issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4 and actor = ?5
        and effect = 1 and lifted_by is null order by position desc
        """;

    /// <summary>
    /// The act that answers a draft which is to be recorded once: the one that stands, or one that spares the same sessions, where every session
    /// that the draft selects was ended by its actor already. Null if there is something to record.
    /// </summary>
    public static Revocation? FindAnswer(SqliteLink link, string ownIssuer, RevocationDraft draft, long now) =>
        SqliteActs.FindStanding(link, ownIssuer, draft)
        ?? (draft is { Once: true, Effect: Effect.End } && draft.Issuer == ownIssuer ? FindSparing(link, draft, now) : null);

    /// <summary>
    /// Judges whether a session was ended by the actor of <paramref name="act"/> before it: on its own or on the match of the act.
    /// </summary>
    public static Func<Session, bool> Before(SqliteLink link, Revocation act)
    {
        var ends = Find(link, act);
        return session => ends.Exists(end => SessionJudge.Selects(end, session.FactsAt(act.Issuer)))
            || SqliteActs.FindOwnEnd(link, act.Issuer, Match.Session(session.Id), act.Actor) is not null;
    }

    private static Revocation? FindSparing(SqliteLink link, RevocationDraft draft, long now)
    {
        var act = SqliteActs.ActOf(draft, new(LogPosition.MaxValue), now, null, own: true);
        return act is { BySession: true, Spread: 0 } && Find(link, act).Find(end => SparesTheSame(end, act)) is { } standing
            && !SqliteAffected.Select(link, act, once: true).Any()
            ? standing
            : null;
    }

    private static bool SparesTheSame(Revocation end, Revocation act) =>
        end.BySession && end.Except.ToHashSet(StringComparer.Ordinal).SetEquals(act.Except)
        && (act.Second < act.At ? end.Second == act.Second : end.Second == end.At);

    // The newest first.
    private static List<Revocation> Find(SqliteLink link, Revocation act)
    {
        using var rows = link.Prepare(OfMatch).Bind(act.Issuer).Bind(act.Match).Bind(act.Actor);
        var ends = new List<Revocation>();
        while (rows.Step())
        {
            ends.Add(LogRows.ReadAct(rows));
        }

        return ends;
    }
}
