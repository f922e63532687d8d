using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>The acts that are being spread over time, and the sessions that they reach next.</summary>
internal static class PostgresSpread
{
    private const string Open = $"select after, sought, {LogRows.Act} from spreads join acts on position = act";

    /// <summary>Begins to spread an act, or to undo that bite by bite.</summary>
    public static PostgresStatement Begin(LogPosition act) => new PostgresStatement(
        "insert into spreads (act, after, sought) values ($1, 0, 0) on conflict do nothing").Bind(act);

    public static PostgresStatement Advance(AdvanceSpread advanced) => new PostgresStatement(
        "update spreads set after = $1, sought = $2 where act = $3")
        .Bind(advanced.After).Bind(advanced.Scanned).Bind(advanced.Act);

    public static PostgresStatement End(LogPosition act) => new PostgresStatement("delete from spreads where act = $1").Bind(act);

    public static Task<OpenSpread?> FindAsync(PostgresLink link, LogPosition act) =>
        link.FindAsync(new PostgresStatement(Open + " where act = $1").Bind(act), LogRows.ReadSpread);

    /// <summary>All that is not finished.</summary>
    public static Task<List<OpenSpread>> FindOpenAsync(PostgresLink link) =>
        link.ReadAsync(new PostgresStatement(Open + " order by act"), LogRows.ReadSpread);

    /// <summary>What the next step at <paramref name="now"/> needs; null if there is none to take.</summary>
    public static async Task<SoughtSessions?> FindStepAsync(PostgresLink link, string ownIssuer, OpenSpread spread, long now)
    {
        var due = SpreadPace.DueAt(spread, now) is > 0 and var most
            ? await SeekAsync(link, ownIssuer, spread.Act, spread.After, now, most).ConfigureAwait(false)
            : new([], spread.After, IsMore: false);
        var issuer = spread.Act.Issuer == ownIssuer
            ? null : await PostgresRegistryRows.FindIssuerAsync(link, new(spread.Act.Issuer)).ConfigureAwait(false);
        return SpreadPace.IsDue(spread, due, ownIssuer, now, () => issuer) ? due : null;
    }

    /// <summary>
    /// Looks after a row for sessions that an act touches: for so many, and at as many as are looked at in one look.
    /// </summary>
    public static async Task<SoughtSessions> SeekAsync(
        PostgresLink link, string ownIssuer, Revocation act, long after, long now, int most)
    {
        var rows = await PostgresAffected.FindAsync(link, ownIssuer, act, after).ConfigureAwait(false);
        var touched = await PostgresAffected.AreTouchedAsync(link, ownIssuer, act, rows, now).ConfigureAwait(false);
        var (found, to) = (new List<Session>(), after);
        foreach (var (row, isTouched) in rows.Zip(touched))
        {
            if (isTouched)
            {
                found.Add(row.Session);
            }

            to = row.Number;
            if (found.Count == most)
            {
                return new(found, to, IsMore: most == SpreadDecision.MostAtOnce);
            }
        }

        return new(found, to, IsMore: rows.Count == PostgresAffected.MostAtOnce);
    }
}
