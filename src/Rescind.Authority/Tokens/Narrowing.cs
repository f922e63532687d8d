using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Tokens;

/// <summary>
/// What a refresh asks its access token to be less than the session: fewer scopes (RFC 6749 section 6), fewer audiences (RFC 8707
/// section 2.2). Both are of that token alone; the next refresh has all of them again.
/// </summary>
internal sealed class Narrowing(string? scope, string[] resources)
{
    private readonly string? _scope = scope is null
        ? null
        : string.Join(' ', ScopeNames.Split(scope).Distinct());

    /// <summary>Everything that the session has.</summary>
    public static Narrowing None { get; } = new(null, []);

    /// <summary>Why a token of <paramref name="session"/> cannot be that; null if it can.</summary>
    public OAuthRefusal? RefusalFor(Session session) =>
        _scope is not null
        && (_scope.Length == 0 || ScopeNames.Split(_scope).Except(ScopeNames.Split(session.Scope)).Any())
            ? new("invalid_scope", "A refresh cannot widen the scope.")
        : !ResourceIndicators.AreAmong(session.Audience, resources)
            ? ResourceIndicators.InvalidTarget("resource must be an audience of the session.")
        : null;

    /// <summary>The session as the access token states it.</summary>
    public Session Of(Session session) => session with
    {
        Scope = _scope ?? session.Scope,
        Audience = resources.Length == 0
            ? session.Audience
            : [.. session.Audience.Where(name => resources.Contains(name))],
    };
}
