using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Authentication;
using Rescind.Verifier.Connections;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier;

/// <summary>What judges the tokens of one scheme, by the options of that scheme alone. Safe for concurrent use.</summary>
internal sealed class SchemeVerifier
{
    public SchemeVerifier(string name, VerifierOptions options, FollowedAuthority followed, IServiceProvider provider)
    {
        (Name, Settings, Followed) = (name, options, followed);
        var given = Options.Create(options);
        Demands = ActivatorUtilities.CreateInstance<RouteDemands>(provider, given);
        Keys = ActivatorUtilities.CreateInstance<VerificationKeys>(provider, followed.Held, given);
        Judge = ActivatorUtilities.CreateInstance<RequestJudge>(provider, followed.Held, followed.Introspection, Demands);
        Tokens = ActivatorUtilities.CreateInstance<HandshakeTokens>(provider, given);
        Connections = ActivatorUtilities.CreateInstance<LiveConnections>(provider, followed.Held, Demands, given);
    }

    /// <summary>The scheme.</summary>
    public string Name { get; }

    public VerifierOptions Settings { get; }

    public FollowedAuthority Followed { get; }

    public RouteDemands Demands { get; }

    public VerificationKeys Keys { get; }

    public RequestJudge Judge { get; }

    public HandshakeTokens Tokens { get; }

    /// <summary>The live connections whose tokens this scheme has judged.</summary>
    public LiveConnections Connections { get; }
}
