using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Nodes;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Sessions;

/// <summary>
/// Starts and ends sessions. Tokens are made after the commit, on the caller's thread. Safe for concurrent use.
/// </summary>
internal sealed class SessionOperations(
    ISessionStore store, RevocationOperations revocations, ClientRegistry clients, NodeRegistry registry, SessionFactory factory,
    CurrentClaims claims, ClaimsRefusals refusals, AuthorityMetrics metrics, SessionClock clock) : ISessions
{
    private static readonly AuditContext Application = new("application", null, null);

    /// <inheritdoc/>
    public async Task<StartedSession> StartAsync(SessionStart start, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(start);
        var audience = start.Audience.Count > 0 ? start.Audience : [clock.Options.DefaultAudience ?? clock.Options.Issuer!];
        var started = await StartAsync(start with { Audience = audience }, Application, cancellationToken).ConfigureAwait(false);
        return started.Value ?? throw Refused(started.Refusal!);
    }

    /// <summary>Starts a session, or says why not. Nothing is written for one that is refused.</summary>
    public async Task<Result<StartedSession>> StartAsync(
        SessionStart start, AuditContext audit, CancellationToken cancellationToken)
    {
        using var activity = AuthorityTraces.Begin("rescind.session.start");
        var started = await TryStartAsync(start, audit, cancellationToken).ConfigureAwait(false);
        if (started.Refusal is { } refusal)
        {
            activity.Fail(refusal.Error.Code);
        }

        metrics.Started(started.HasValue ? "started" : "refused");
        return started;
    }

    private async Task<Result<StartedSession>> TryStartAsync(
        SessionStart start, AuditContext audit, CancellationToken cancellationToken)
    {
        if (clock.Rules.Validate(start) is { } broken)
        {
            return Result<StartedSession>.Refused(broken);
        }

        if (clients.Find(start.ClientId) is null)
        {
            return Result<StartedSession>.Refused(Errors.UnknownClient.Refusal());
        }

        var row = factory.NewRow(start, clock);
        if (row.ExpiresAt <= row.CreatedAt)
        {
            return Result<StartedSession>.Refused(Errors.StaleLogin.Refusal());
        }

        var draft = new SessionDraft { Session = row, Replaces = start.Replaces, Audit = audit };
        var outcome = await store.StartAsync(draft, cancellationToken).ConfigureAwait(false);
        return outcome is { Result: StartResult.Started, Session: { } session }
            ? await FirstAsync(session, outcome.Registry, audit, cancellationToken).ConfigureAwait(false)
            : Result<StartedSession>.Refused(RefusalOf(outcome));
    }

    /// <summary>
    /// The session as its next token is to state it: asked after the commit, so that what changes later finds a token
    /// that is older. Null if its subject is no more; then it is ended.
    /// </summary>
    public async Task<Session?> CurrentAsync(Session session, AuditContext audit, CancellationToken cancellationToken)
    {
        try
        {
            var current = await claims.OfAsync(session, cancellationToken).ConfigureAwait(false);
            if (current is null)
            {
                await EndAsync(session, "the subject is no more", audit, CancellationToken.None).ConfigureAwait(false);
            }

            return current;
        }
        catch (ClaimsRefusedException e)
        {
            await refusals.NoteAsync(session, e.Broken, audit).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Changes what a session carries, or says why not. Nothing is written for a change that is refused.</summary>
    public async Task<Result<ChangeOutcome>> ChangeAsync(SessionChange change, CancellationToken cancellationToken)
    {
        Refusal? broken = null;
        var outcome = await store.ChangeAsync(
            change with { Allows = changed => (broken = clock.Rules.Validate(changed)) is null },
            cancellationToken).ConfigureAwait(false);
        return outcome.Result is ChangeResult.Changed
            ? Result<ChangeOutcome>.Of(outcome)
            : Result<ChangeOutcome>.Refused(broken ?? RefusalOf(outcome));
    }

    /// <summary>
    /// Ends one session, by an act that every verifier hears of and that stands whatever else had ended it. Writes
    /// nothing while such an act of this actor stands.
    /// </summary>
    public Task EndAsync(Session session, string reason, AuditContext audit, CancellationToken cancellationToken) =>
        revocations.EndAsync(new() { Match = Match.Session(session.Id), Reason = reason }, audit, cancellationToken);

    /// <summary>Ends everything of a subject, by one act.</summary>
    public Task EndSubjectAsync(string subject, string reason, AuditContext audit, CancellationToken cancellationToken) =>
        revocations.EndAsync(
            new() { Match = Match.Subject(subject), Reason = reason, IsAlwaysRecorded = true }, audit, cancellationToken);

    /// <summary>Ends every token of a client's own, by one act with which its record changes.</summary>
    public Task<long?> EndTokensOfAsync(ClientChange change, long from, string reason, AuditContext audit) =>
        revocations.EndWithAsync(
            new() { Match = Match.Subject(ReservedNames.ClientSubject(change.ClientId)), Reason = reason },
            change, from, audit, CancellationToken.None);

    /// <summary>Ends everything that was issued to a client, by one act with which its record changes.</summary>
    public Task<long?> EndClientAsync(ClientChange change, long from, string reason, AuditContext audit) =>
        revocations.EndWithAsync(
            new() { Match = Match.Client(change.ClientId), Reason = reason }, change, from, audit, CancellationToken.None);

    /// <summary>Ends everything that was issued to a client, by one act.</summary>
    public Task EndClientAsync(string clientId, string reason, AuditContext audit, CancellationToken cancellationToken) =>
        revocations.EndAsync(
            new() { Match = Match.Client(clientId), Reason = reason, IsAlwaysRecorded = true }, audit, cancellationToken);

    /// <summary>
    /// Ends every session of a subject but one, by one act. Writes nothing while such an act of this actor stands and
    /// has ended them all.
    /// </summary>
    public Task EndOthersAsync(
        string subject, string except, string reason, AuditContext audit, CancellationToken cancellationToken) =>
        revocations.EndAsync(
            new() { Match = Match.Subject(subject), Reason = reason, Except = [except] }, audit, cancellationToken);

    // Nobody has the tokens of a start that is refused after its commit, so nobody could end it.
    private async Task<Result<StartedSession>> FirstAsync(
        Session session, long version, AuditContext audit, CancellationToken cancellationToken)
    {
        Refusal refusal;
        try
        {
            // Another node may have removed the client, or let another key sign, before the session was started.
            await registry.EnsureAsync(version, cancellationToken).ConfigureAwait(false);
            if (!clients.Has(session.ClientId))
            {
                await EndAsync(session, "the client is no more", audit, CancellationToken.None).ConfigureAwait(false);
                return Result<StartedSession>.Refused(Errors.UnknownClient.Refusal());
            }

            if (await CurrentAsync(session, audit, cancellationToken).ConfigureAwait(false) is { } current)
            {
                return Result<StartedSession>.Of(factory.First(current));
            }

            return Result<StartedSession>.Refused(Errors.UnknownSubject.Refusal());
        }
        catch (ClaimsRefusedException e)
        {
            refusal = e.Broken;
        }
        catch (ClaimsUnavailableException)
        {
            refusal = ClaimsUnavailableException.Refusal;
        }

        await EndAsync(session, $"no token could be made: {refusal.Error.Code}", audit, CancellationToken.None)
            .ConfigureAwait(false);
        return Result<StartedSession>.Refused(refusal);
    }

    private static Refusal RefusalOf(StartOutcome outcome) => outcome.Result switch
    {
        StartResult.Blocked => Errors.SubjectBlocked.ExplainedBy(outcome.By),
        StartResult.LoginBeforeEnd => Errors.LoginBeforeEnd.ExplainedBy(outcome.By),
        StartResult.ReplacesUnknown => Errors.ReplacesUnknown.Refusal(),
        _ => throw new InvalidOperationException($"A start came to {outcome.Result}."),
    };

    private static Refusal RefusalOf(ChangeOutcome outcome) => outcome.Result switch
    {
        ChangeResult.Unknown => Errors.UnknownSession.Refusal(),
        ChangeResult.Ended => Errors.SessionOver.ExplainedBy(outcome.By),
        ChangeResult.Expired => Errors.SessionOver.Refusal("It expired."),
        ChangeResult.Blocked => Errors.SubjectBlocked.ExplainedBy(outcome.By),
        _ => throw new InvalidOperationException($"A change came to {outcome.Result}."),
    };

    private static SessionRefusedException Refused(Refusal refusal) => new(refusal.Error.Code, refusal.Sentence);
}
