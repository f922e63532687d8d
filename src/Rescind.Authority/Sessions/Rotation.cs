using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Sessions;

/// <summary>
/// Refresh (RFC 6749 section 6) with rotation that never logs an honest client out: the store decides by one compare-and-swap,
/// and the immediate predecessor gets the same successor again (RT-10, RT-11). Tokens are signed after the commit.
/// </summary>
internal sealed class Rotation(
    ISessionStore sessions, SessionOperations operations, ClientRegistry clients, NodeRegistry registry,
    RefreshTokens refreshTokens, TokenIssuer issuer, AuthorityMetrics metrics, IOptions<AuthorityOptions> options,
    TimeProvider time, ILogger<Rotation> logger)
{
    /// <summary>A retry later than this is told to operators: an honest client asks again sooner.</summary>
    private const long LateRetrySeconds = 60;

    /// <summary>So many generations in a row that were answered more than once are told to operators.</summary>
    private const int RetriesInARow = 3;

    /// <summary>The tokens of the next generation, or the error of section 5.2.</summary>
    public async Task<RefreshOutcome> RefreshAsync(
        ClientRecord client, string text, Narrowing narrowing, RequestOrigin origin, CancellationToken cancellationToken)
    {
        using var activity = AuthorityTraces.Begin("rescind.refresh");
        var refreshed = await TryRefreshAsync(client, text, narrowing, origin, cancellationToken).ConfigureAwait(false);
        var outcome = OutcomeOf(refreshed);
        activity?.SetTag("rescind.outcome", outcome);
        metrics.RefreshDone(outcome);
        return refreshed;
    }

    private static string OutcomeOf(RefreshOutcome outcome) => outcome switch
    {
        { Next.IsRepeated: true } => "repeated",
        { Next: not null } => "rotated",
        { Refusal.Reason: { } reason } => reason,
        _ => "invalid",
    };

    private async Task<RefreshOutcome> TryRefreshAsync(
        ClientRecord client, string text, Narrowing narrowing, RequestOrigin origin, CancellationToken cancellationToken)
    {
        // Nothing of a session that is looked at here ever changes, so it still holds when the store decides.
        if (!refreshTokens.TryRead(text, out var presented)
            || await sessions.FindUnjudgedAsync(presented.SessionId, cancellationToken).ConfigureAwait(false) is not { } found
            || found.ClientId != client.ClientId || !refreshTokens.IsGenuine(presented, found))
        {
            return InvalidGrant();
        }

        if (narrowing.RefusalFor(found) is { } refusal)
        {
            return new(null, refusal);
        }

        var before = presented.Generation;
        var attempt = Attempt(client, presented, origin) with { Known = found };
        var outcome = await sessions.RotateAsync(attempt, cancellationToken).ConfigureAwait(false);
        if (outcome is not { Result: RotationResult.Rotated or RotationResult.Repeated, Session: { } session })
        {
            return Refuse(outcome, before);
        }

        // Another node may have removed the client, or let another key sign, before the session was judged.
        await registry.EnsureAsync(outcome.Registry, cancellationToken).ConfigureAwait(false);
        if (!clients.Has(client.ClientId))
        {
            return InvalidGrant("ended");
        }

        return await operations.CurrentAsync(session, attempt.Audit, cancellationToken).ConfigureAwait(false) is { } current
            ? new(Next(current, outcome, narrowing), null)
            : InvalidGrant("ended");
    }

    private RotationAttempt Attempt(ClientRecord client, PresentedRefreshToken presented, RequestOrigin origin) => new()
    {
        SessionId = presented.SessionId,
        Generation = presented.Generation,
        ClientId = client.ClientId,
        UserAgent = origin.UserAgent,
        RetryWindow = options.Value.RetryWindow,
        ReusePolicy = options.Value.ReusePolicy,
        IdleLifetime = options.Value.SessionIdleLifetime,
        Audit = origin.AuditOf("client:" + client.ClientId),
    };

    private Refreshed Next(Session session, RotationOutcome outcome, Narrowing narrowing)
    {
        var narrowed = narrowing.Of(session);
        var token = issuer.IssueFor(narrowed, outcome.Head);
        if (outcome.Result is RotationResult.Repeated && (session.RetriesInARow >= RetriesInARow || IsLate(session)))
        {
            RotationLog.UnusualRetry(logger, session.Id, session.Generation, session.RetriesInARow);
        }

        return new(token, refreshTokens.Derive(session), narrowed.Scope, session)
        {
            IsRepeated = outcome.Result is RotationResult.Repeated,
        };
    }

    private bool IsLate(Session session) => time.GetUtcNow().ToUnixTimeSeconds() - session.LastRefreshedAt > LateRetrySeconds;

    private RefreshOutcome Refuse(RotationOutcome outcome, uint presented)
    {
        if (outcome.Result is RotationResult.Reused or RotationResult.FromTheFuture && outcome.Session is { } session)
        {
            RotationLog.Reuse(logger, session.Id, session.Subject, presented, session.Generation);
        }

        var reason = outcome.Result switch
        {
            RotationResult.Reused => "reused",
            RotationResult.Ended or RotationResult.FromTheFuture => "ended",
            RotationResult.Blocked => "blocked",
            RotationResult.Expired => "expired",
            _ => null,
        };
        return InvalidGrant(reason, reason is null ? default : outcome.By);
    }

    private static RefreshOutcome InvalidGrant(string? reason = null, LogPosition explanation = default) =>
        new(null, new("invalid_grant", "The refresh token is not valid.") { Reason = reason, Explanation = explanation });
}

/// <summary>What became of a refresh: the next tokens, or why there are none; never both.</summary>
internal sealed record RefreshOutcome(Refreshed? Next, OAuthRefusal? Refusal);

/// <summary>The tokens of the next generation, and the session as they state it.</summary>
internal sealed record Refreshed(AccessToken AccessToken, string RefreshToken, string? Scope, Session Session)
{
    /// <summary>Whether this generation was answered before: the answer had been lost, or several tabs asked.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>Names no token (G7).</summary>
    public override string ToString() => $"tokens of session {Session.Id}";
}
