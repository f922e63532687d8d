using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Canaries;
using Rescind.Verifier.Connections;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Feeding;
using Rescind.Verifier.Introspecting;

namespace Rescind.Verifier;

/// <summary>
/// One Authority, and what all schemes that take its tokens share: one replica, the feed that keeps it current, and one
/// way to ask.
/// </summary>
internal sealed class FollowedAuthority : IDisposable
{
    private readonly IntrospectionHttp _introspectionHttp;

    public FollowedAuthority(
        FollowerKey key, IReadOnlyList<(string Name, VerifierOptions Options)> schemes, IServiceProvider provider)
    {
        Settings = Options.Create(Combine(key, schemes, provider));
        Held = new(provider.GetRequiredService<VerifierClock>());
        Status = new(Held.Replica, Settings);
        _introspectionHttp = new(Settings);
        Introspection = ActivatorUtilities.CreateInstance<IntrospectionClient>(provider, _introspectionHttp);
        Feed = key.Authority is null
            ? provider.GetRequiredService<IRevocationFeed>()
            : ActivatorUtilities.CreateInstance<HttpFeed>(provider, Settings);
        Schemes = [.. schemes.Select(scheme => new SchemeVerifier(scheme.Name, scheme.Options, this, provider))];
        var (first, demands) = (Schemes[0], Schemes[0].Demands);
        var connections = ActivatorUtilities.CreateInstance<LiveConnections>(
            provider, Held, demands, Options.Create(first.Settings));
        Canaries = new(Held, first.Keys, connections, Settings.Value.MaxStaleness);
        provider.GetRequiredService<VerifierMetrics>().Watch(
            string.Join(' ', schemes.Select(static scheme => scheme.Name)), Status);
    }

    /// <summary>How it is reached and by which name; the bound is the largest of all its schemes.</summary>
    public IOptions<VerifierOptions> Settings { get; }

    public VerifierReplica Held { get; }

    public VerifierStatus Status { get; }

    public IntrospectionClient Introspection { get; }

    public IRevocationFeed Feed { get; }

    public IReadOnlyList<SchemeVerifier> Schemes { get; }

    /// <summary>The tokens for nobody by which the Authority sees that this verifier judges.</summary>
    public HeldCanaries Canaries { get; }

    /// <summary>How many live connections there are and were closed, for the Authority; null while there never was one.</summary>
    public ConnectionCounts? Connections => Schemes.Select(static scheme => scheme.Connections.Counts).Aggregate(Sum);

    /// <summary>Live connections hear of entries that have been applied, before they are acknowledged.</summary>
    public void Applied(IReadOnlyList<LogEntry> entries)
    {
        foreach (var scheme in Schemes)
        {
            scheme.Connections.Applied(entries);
        }

        Canaries.Applied(entries);
    }

    /// <summary>The replica has another map.</summary>
    public void LookAtAll()
    {
        foreach (var scheme in Schemes)
        {
            scheme.Connections.LookAtAll();
        }
    }

    public void Dispose()
    {
        Introspection.Dispose();
        _introspectionHttp.Dispose();

        // The other one is the Authority's, and its own container's to dispose.
        (Feed as HttpFeed)?.Dispose();
    }

    private static ConnectionCounts? Sum(ConnectionCounts? one, ConnectionCounts? other) =>
        one is null || other is null ? one ?? other : new(one.Live + other.Live, one.Closed + other.Closed);

    // An audience may be longer than a name.
    private static string? Shown(string? audience) => audience is not { Length: > VerifierOptions.LongestName } ? audience
        : audience[..(VerifierOptions.LongestName - (char.IsHighSurrogate(audience[VerifierOptions.LongestName - 1]) ? 1 : 0))];

    private static VerifierOptions Combine(
        FollowerKey key, IReadOnlyList<(string Name, VerifierOptions Options)> schemes, IServiceProvider provider)
    {
        var audiences = schemes.Select(static scheme => scheme.Options.Audience).Distinct().ToList();
        var audience = audiences is [{ } only] && !string.IsNullOrWhiteSpace(only) ? only : null;
        return new()
        {
            Authority = key.Authority,
            ClientId = key.ClientId,
            ClientSecret = key.ClientSecret,
            BackchannelHttpHandler = key.BackchannelHttpHandler,
            Name = key.Name ?? Shown(audience) ?? provider.GetRequiredService<IHostEnvironment>().ApplicationName,
            Instance = key.Instance ?? provider.GetRequiredService<Entropy>().NextId(),
            MaxStaleness = schemes.Max(static scheme => scheme.Options.MaxStaleness),
        };
    }
}
