using Rescind.Authority.Decisions;
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
    /// The act that answers a draft which is to be recorded once: the one that stands, or one that spares the same sessions and has ended every
    /// session that the draft selects. Null if there is something to record.
    /// </summary>
    public static Revocation? FindAnswer(SqliteLink link, string ownIssuer, RevocationDraft draft, long now) =>
        SqliteActs.FindStanding(link, ownIssuer, draft)
        ?? (draft is { Once: true, Effect: Effect.End } && draft.Issuer == ownIssuer ? FindSparing(link, draft, now) : null);

    private static Revocation? FindSparing(SqliteLink link, RevocationDraft draft, long now)
    {
        var act = Acts.Of(draft, new(LogPosition.MaxValue), now, null, own: true);
        return act is { BySession: true, Spread: 0 } && Find(link, act).Find(end => SparesTheSame(end, act)) is { } standing
            && SqliteAffected.Select(link, act).All(session => SessionJudge.Selects(standing, session.FactsAt(act.Issuer)))
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
