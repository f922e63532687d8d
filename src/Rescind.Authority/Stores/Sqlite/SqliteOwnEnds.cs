using Rescind.Authority.Decisions;
using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// What an actor's own ends did already: whoever repeats it is answered from them, and nothing is written. An act of somebody else never counts,
/// because it may be lifted or run out.
/// </summary>
internal static class SqliteOwnEnds
{
    // Whoever spares other sessions each time is not asked about all of them.
    private const string Sparing =
        $"""
        select {LogRows.Act} from acts indexed by acts_sparing where issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4 and actor = ?5
        and effect = 1 and by_session = 1 and lifted_by is null order by position desc limit 16
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
        return act is { BySession: true, Spread: 0 } && FindSparingTheSame(link, act) is { } standing
            && !SqliteAffected.IsMoreThan(link, act.Issuer, act.Match, SqliteRevocations.MostBySession)
            && SqliteAffected.Select(link, act).All(session => SqliteSelected.Has(link, standing, session.Id))
            ? standing
            : null;
    }

    private static bool SparesTheSame(Revocation end, Revocation act) =>
        end.Except.ToHashSet(StringComparer.Ordinal).SetEquals(act.Except)
        && (act.Second < act.At ? end.Second == act.Second : end.Second == end.At);

    private static Revocation? FindSparingTheSame(SqliteLink link, Revocation act)
    {
        using var rows = link.Prepare(Sparing).Bind(act.Issuer).Bind(act.Match).Bind(act.Actor);
        return LogRows.ReadActs(rows).FirstOrDefault(end => SparesTheSame(end, act));
    }
}
