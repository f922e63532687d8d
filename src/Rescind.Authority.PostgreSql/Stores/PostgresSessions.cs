using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <inheritdoc cref="ISessionStore"/>
internal sealed class PostgresSessions(PostgresWriter writer, PostgresDatabase database, string ownIssuer, TimeProvider time)
    : ISessionStore
{
    /// <summary>
    /// The most rows that one page looks at, so that a rare state costs no full scan; the cursor goes on from there.
    /// </summary>
    private const int MaxScanned = 1000;

    /// <summary>How often a start is made anew that an act has missed.</summary>
    private const int MostStarts = 10;

    public async Task<StartOutcome> StartAsync(SessionDraft draft, CancellationToken cancellationToken)
    {
        draft.Validate();
        var outcome = await writer.RunAsync(
            new StartDecision(draft), needsHead: draft.Replaces is not null, cancellationToken).ConfigureAwait(false);
        if (outcome.Result is StartResult.Blocked && draft.Replaces is null)
        {
            // An act may have come after the head was read and before the acts were, and an end refuses no login after it.
            outcome = await writer.RunAsync(new StartDecision(draft), needsHead: true, cancellationToken).ConfigureAwait(false);
        }

        for (var start = 1; await WasMissedAsync(outcome, CancellationToken.None).ConfigureAwait(false); start++)
        {
            if (start == MostStarts)
            {
                throw new StoreUnavailableException("Acts missed the session again and again. It cannot be used.");
            }

            // Nobody knows of it yet: it starts after the act.
            outcome = await writer.RunAsync(
                transaction =>
                {
                    Forget(transaction.Link, draft.Session.Id);
                    return transaction.DecideAsync(new StartDecision(draft with { Replaces = null }));
                },
                needsHead: true, CancellationToken.None).ConfigureAwait(false);
        }

        return outcome;
    }

    public Task<RotationOutcome> RotateAsync(RotationAttempt attempt, CancellationToken cancellationToken) =>
        writer.RotateAsync(attempt, cancellationToken);

    public Task<ChangeOutcome> ChangeAsync(SessionChange change, CancellationToken cancellationToken) =>
        writer.RunAsync(new ChangeDecision(change), needsHead: true, cancellationToken);

    public Task<Session?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        async link => await PostgresSessionRows.FindAsync(link, id).ConfigureAwait(false) is { } row
            ? (await JudgedAsync(link, [row.Session]).ConfigureAwait(false))[0]
            : null,
        cancellationToken);

    public Task<Session?> FindUnjudgedAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        async link => (await PostgresSessionRows.FindAsync(link, id).ConfigureAwait(false))?.Session, cancellationToken);

    public Task<SessionPage> ListAsync(SessionQuery query, CancellationToken cancellationToken)
    {
        var before = query.ReadBefore();
        return database.ReadAsync(link => ListAsync(link, query, before), cancellationToken);
    }

    private async Task<SessionPage> ListAsync(PostgresLink link, SessionQuery query, long before)
    {
        var most = query.State is null ? query.Limit : MaxScanned;
        var rows = await link.ReadAsync(Listing(query, before, most + 1), static row => SessionRows.Read(row))
            .ConfigureAwait(false);
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var judged = await JudgedAsync(link, [.. rows.Select(static row => row.Session)]).ConfigureAwait(false);
        var (page, found, last) = (new PageFill(query.Limit), new List<Session>(), 0L);
        foreach (var (index, session) in judged.Index())
        {
            if (page.IsFull || index == MaxScanned)
            {
                return new(found, new LogPosition(last).ToString());
            }

            var told = session with { IsClientGone = !query.HasClient(session.ClientId) };
            if (query.State is null || query.State == told.StateAt(now))
            {
                if (!page.TryAdd(JsonLength.Of(told)))
                {
                    return new(found, new LogPosition(last).ToString());
                }

                found.Add(told);
            }

            last = rows[index].Number;
        }

        return new(found, null);
    }

    // For each client an index yields as many as are asked for at most, whatever other clients have.
    private static PostgresStatement Listing(SessionQuery query, long before, long most)
    {
        var subject = query.Subject is null ? "" : $" and subject = ${(query.Clients is null ? 3 : 4)}";
        var newest = $"number < $1{subject} order by number desc limit $2";
        var rows = $"select {SessionRows.Columns} from sessions where ";
        var statement = new PostgresStatement(query.Clients is null ? rows + newest : rows +
            $"""
            number in (
                select distinct own.number from unnest($3::text[]) as client(id) cross join lateral (
                    select number from sessions where client_id = client.id and {newest}) as own
                order by own.number desc limit $2)
            order by number desc
            """).Bind(before).Bind(most);
        statement = query.Clients is { } clients ? statement.Bind(clients) : statement;
        return query.Subject is null ? statement : statement.Bind(query.Subject);
    }

    // An act that spares sessions selects those that it finds. One that started meanwhile on another node it did not
    // find: so a start looks once more after its commit, if the head has moved since it was read.
    private async Task<bool> WasMissedAsync(StartOutcome outcome, CancellationToken cancellationToken)
    {
        if (outcome.Session is not { } session)
        {
            return false;
        }

        return await database.ReadAsync(
            async link =>
            {
                var head = await PostgresEpoch.FindHeadAsync(link).ConfigureAwait(false);
                return head.Log.Position != session.Started && await IsMissedAsync(link, session).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> IsMissedAsync(PostgresLink link, Session session)
    {
        var facts = session.FactsAt(ownIssuer);
        byte[][] keys = [.. SessionJudge.MatchesOf(facts).Select(match => MatchKey.Of(ownIssuer, match))];
        var acts = await link.ReadAsync(
            new PostgresStatement(
                $"""
                select {LogRows.Act} from acts where by_session and key = any($1) and position > $2 and lifted_by is null
                    and spread = 0 and not exists (
                        select 1 from selected where session = $3 and act_effect = effect and act = position)
                """).Bind(keys).Bind(session.Started).Bind(session.Id),
            LogRows.ReadAct).ConfigureAwait(false);
        return acts.Exists(act => SessionJudge.Selects(act, facts));
    }

    private static void Forget(PostgresLink link, string id)
    {
        link.Add(
            new PostgresStatement(
                "delete from session_tags where session in (select number from sessions where id = $1)").Bind(id));
        link.Add(new PostgresStatement("delete from sessions where id = $1").Bind(id));
        link.Add(new PostgresStatement("delete from audit where session_id = $1 and action = 'session.started'").Bind(id));
    }

    private Task<IReadOnlyList<Session>> JudgedAsync(PostgresLink link, IReadOnlyList<Session> sessions) =>
        PostgresSessionActs.JudgedAsync(link, ownIssuer, sessions, time.GetUtcNow().ToUnixTimeSeconds());
}
