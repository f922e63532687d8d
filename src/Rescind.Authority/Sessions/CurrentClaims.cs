using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Sessions;

/// <summary>
/// Asks the application for the claims of a session that a token is minted for, after the commit. Safe for concurrent use.
/// </summary>
internal sealed class CurrentClaims(
    IServiceScopeFactory scopes, IServiceProviderIsService registered, SessionClock clock, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly bool _isAsked = registered.IsService(typeof(ISessionClaims));

    /// <summary>
    /// The session as its next token is to state it; null if its subject is no more. Throws
    /// <see cref="ClaimsUnavailableException"/> if nobody can say, <see cref="ClaimsRefusedException"/> if what was
    /// said cannot stand in a token.
    /// </summary>
    public async Task<Session?> OfAsync(Session session, CancellationToken cancellationToken)
    {
        if (!_isAsked)
        {
            return session;
        }

        try
        {
            return await AskAsync(session, cancellationToken).ConfigureAwait(false) is { } claims ? With(session, claims) : null;
        }
        catch (Exception e) when (e is not ClaimsRefusedException && !cancellationToken.IsCancellationRequested)
        {
            throw new ClaimsUnavailableException($"Asking failed by {e.GetType().Name}.", e);
        }
    }

    private async Task<string?> AskAsync(Session session, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var asked = scope.ServiceProvider.GetRequiredService<ISessionClaims>().FindAsync(Minting(session), either.Token);

            // Whoever ignores the token is left behind all the same.
            return await asked.AsTask().WaitAsync(either.Token).ConfigureAwait(false);
        }
    }

    private Session With(Session session, string claims)
    {
        var current = session with { Claims = claims };
        return clock.Rules.Validate(current) is { } broken
            ? throw new ClaimsRefusedException(broken)
            : current with { Claims = SessionFactory.Compact(claims) };
    }

    private static MintingSession Minting(Session session) => new()
    {
        SessionId = session.Id,
        Subject = session.Subject,
        ClientId = session.ClientId,
        Audience = session.Audience,
        Claims = session.Claims,
    };
}

/// <summary>What the application knows of a subject could not be learned: no token, and 503.</summary>
internal sealed class ClaimsUnavailableException(string message, Exception? inner) : Exception(message, inner)
{
    /// <summary>What a caller is told of it.</summary>
    public static Refusal Refusal { get; } =
        new(Errors.ClaimsUnavailable) { RetryAfterSeconds = Refusal.UnavailableRetrySeconds };
}

/// <summary>
/// What the application said of the subject breaks a rule, and will break it again: no token, and 400 with a number of its own.
/// </summary>
internal sealed class ClaimsRefusedException(Refusal broken) : Exception(broken.Sentence)
{
    /// <summary>The rule.</summary>
    public Refusal Broken { get; } = broken;
}
