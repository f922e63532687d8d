using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Refreshes that nothing stands against, in one statement that commits by itself: it reads head, sessions and acts of one
/// moment, locks the rows in the order that it is given, and moves on what is at the generation that was presented and touched
/// by no act. What it has moved is decided upon as ever, from what it read; everything else it leaves as it is.
/// </summary>
internal static class PostgresSwap
{
    // Sessions are asked about by what was known of them before: whether that is still so is asked as well.
    private const string Swap =
        $"""
        with now as materialized (
            select {PostgresEpoch.Head}, minted, {PostgresDatabase.IsDurable} as is_durable from head where one = 1),
        touched as materialized (select session from ({PostgresSessionActs.Winning}) as act),
        found as materialized (
            select asked.session - 1 as asked, own.*
            from unnest($5::text[], $6::bigint[], $7::text[], $8::text[], $9::bigint[]) with ordinality
                as asked(id, generation, client, tags, claims_since, session)
            cross join now cross join lateral (
                select {SessionRows.Columns} from sessions where id = asked.id limit 1 for no key update) as own
            where now.at <= $4 and now.minted >= $4 and now.is_durable
                and own.generation = asked.generation and own.client_id = asked.client and own.ended_by is null
                and own.idle_expires_at > $4 and own.expires_at > $4
                and coalesce(own.tags, '') = asked.tags and coalesce(own.claims_since, 0) = asked.claims_since
                and asked.session - 1 not in (select session from touched)),
        moved as (
            update sessions set generation = generation + 1, last_refreshed_at = $4,
                idle_expires_at = least(expires_at, $4 + $10)
            where number = any(array(select number from found)) returning number)
        select now.*, found.* from now left join found on number in (select number from moved)
        """;

    /// <summary>Of several refreshes those that can be asked about together, in the order of their sessions.</summary>
    public static async Task<List<AskedSwap>> FindKnownAsync(PostgresLink link, IReadOnlyList<RotationItem> items)
    {
        var lifetime = items[0].Attempt.IdleLifetime;
        var asked = items.Where(item => item.Attempt.IdleLifetime == lifetime).DistinctBy(static item => item.Session)
            .OrderBy(static item => item.Session, StringComparer.Ordinal).ToList();
        string[] unknown = [.. asked.Where(static item => item.Attempt.Known is null).Select(static item => item.Session!)];
        var found = unknown.Length == 0 ? [] : await link.ReadAsync(
            new PostgresStatement($"select {SessionRows.Columns} from sessions where id = any($1)").Bind(unknown),
            static row => FoundSession.Of(0, row)).ConfigureAwait(false);
        var sessions = found.Select(static one => one.Row?.Session).OfType<Session>().ToDictionary(static session => session.Id);
        return [.. from item in asked
                   let known = item.Attempt.Known ?? sessions.GetValueOrDefault(item.Session!)
                   where known?.Id == item.Session
                   select new AskedSwap(item, known)];
    }

    /// <summary>
    /// Moves on what it can, and says whether it could: not where no tokens were minted yet at a second as late as this one,
    /// nor where the log is ahead of the clock.
    /// </summary>
    public static async Task<bool> RunAsync(PostgresLink link, PostgresNode node, IReadOnlyList<AskedSwap> asked)
    {
        if (asked.Count == 0)
        {
            return true;
        }

        var now = node.Now;
        var query = Ask(node.Options.Issuer, now.ToUnixTimeSeconds(), asked);
        var rows = await link.ReadAndCommitAsync(query, Read, node.Options.CommitPatience).ConfigureAwait(false);
        if (rows.Count == 0)
        {
            throw new InvalidDataException("The database has no head.");
        }

        var (head, minted, isDurable, _) = rows[0];
        PostgresDatabase.RequireDurable(isDurable);
        var present = node.PresentAt(head, now) with { Minted = minted };
        foreach (var found in rows.Select(static row => row.Found).OfType<FoundSession>())
        {
            Decide(asked[found.Asked].Item, present, found);
        }

        return minted >= present.Second && present.Second == now.ToUnixTimeSeconds();
    }

    private static PostgresStatement Ask(string ownIssuer, long now, IReadOnlyList<AskedSwap> asked) =>
        PostgresSessionActs.AskWinning(ownIssuer, [.. asked.Select(one => one.Known.FactsAt(ownIssuer))], now, Swap)
            .Bind([.. asked.Select(static one => (long)one.Item.Attempt.Generation)])
            .Bind(asked.Select(static one => one.Item.Attempt.ClientId))
            .Bind(asked.Select(static one => SessionRows.TagsOf(one.Known) ?? ""))
            .Bind([.. asked.Select(static one => one.Known.ClaimsSince?.Value ?? 0)])
            .Bind((long)asked[0].Item.Attempt.IdleLifetime.TotalSeconds);

    private static (StoreHead Head, long Minted, bool IsDurable, FoundSession? Found) Read(PostgresRow row) => (
        PostgresEpoch.ReadHead(row), row.Int64(), row.Bool(),
        row.Int64OrNull() is { } asked ? FoundSession.Of((int)asked, row) : null);

    // The rules have the last word: what they would not have written answers nobody.
    private static void Decide(RotationItem item, Present present, FoundSession found)
    {
        try
        {
            item.Moved(Decide(new RotateDecision(item.Attempt), present, found.Row ?? throw found.Damage!));
        }
        catch (StoreUnavailableException refused)
        {
            item.MovedInVain(refused);
        }
    }

    private static RotationOutcome Decide(RotateDecision decision, Present present, SessionRow row)
    {
        var step = decision.Begin(present);
        while (step is Asked<RotationOutcome> { Want: SessionById or ActsTouching } asked)
        {
            step = asked.Answer(new KnownFact(asked.Want is SessionById ? row : Array.Empty<Revocation>()));
        }

        return step is Decided<RotationOutcome> { Outcome: { Result: RotationResult.Rotated } outcome }
            ? outcome
            : throw new StoreUnavailableException("A refresh was written that the rules refuse. Repeat it.");
    }
}

/// <summary>A refresh, and what was known of its session before.</summary>
internal sealed record AskedSwap(RotationItem Item, Session Known);

/// <summary>A session that was found, by its place among those that were asked about, or why its row cannot be read.</summary>
internal sealed record FoundSession(int Asked, SessionRow? Row, StoreUnavailableException? Damage)
{
    public static FoundSession Of(int asked, PostgresRow row)
    {
        try
        {
            return new(asked, SessionRows.Read(row), null);
        }
        catch (StoreUnavailableException damage)
        {
            return new(asked, null, damage);
        }
    }
}
