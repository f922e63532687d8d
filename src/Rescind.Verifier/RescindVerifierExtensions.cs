using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rescind;
using Rescind.Verifier;
using Rescind.Verifier.Authentication;
using Rescind.Verifier.Connections;
using Rescind.Verifier.Connections.Hubs;
using Rescind.Verifier.Connections.WebSockets;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Feeding;
using Rescind.Verifier.Introspecting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts revocation into an app's authentication.</summary>
public static class RescindVerifierExtensions
{
    /// <summary>
    /// Adds the scheme <c>Bearer</c> for tokens of the Authority, judged in memory at every request. Options come from the
    /// configuration section <c>Rescind</c>; in an app that is its own Authority nothing need be set.
    /// </summary>
    public static AuthenticationBuilder AddRescind(this AuthenticationBuilder builder) => builder.AddRescind(static _ => { });

    /// <summary>Adds the scheme <c>Bearer</c> for tokens of the Authority; <paramref name="configure"/> wins over the configuration.</summary>
    public static AuthenticationBuilder AddRescind(this AuthenticationBuilder builder, Action<VerifierOptions> configure) =>
        builder.AddRescind(JwtBearerDefaults.AuthenticationScheme, configure);

    /// <summary>
    /// Adds a scheme for tokens of the Authority. It is <c>AddJwtBearer</c> and <c>AddRevocation</c> with the blanks filled in: the
    /// issuer and its keys come with the log, so nothing else is fetched. Claims keep their names in the token.
    /// </summary>
    public static AuthenticationBuilder AddRescind(
        this AuthenticationBuilder builder, string authenticationScheme, Action<VerifierOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.AddJwtBearer(authenticationScheme, static jwt =>
        {
            jwt.MapInboundClaims = false;
            jwt.TokenValidationParameters.NameClaimType = "sub";
            jwt.TokenValidationParameters.RoleClaimType = "role";
        });
        builder.Services.AddOptions<JwtBearerOptions>(authenticationScheme)
            .Configure<IOptions<VerifierOptions>>(static (jwt, verifier) => jwt.Audience = verifier.Value.Audience);
        return builder.AddRevocation(own: true, configure);
    }

    /// <summary>Judges the tokens of the scheme that <c>AddJwtBearer</c> has just added; everything that the app set there stays in force.</summary>
    public static AuthenticationBuilder AddRevocation(this AuthenticationBuilder builder) => builder.AddRevocation(static _ => { });

    /// <summary>
    /// Judges the tokens of the scheme that <c>AddJwtBearer</c> has just added. Refuses to start without one directly before it, and
    /// with <c>UseSecurityTokenValidators</c>. Tokens of an issuer that the Authority has not registered are answered 503.
    /// </summary>
    public static AuthenticationBuilder AddRevocation(this AuthenticationBuilder builder, Action<VerifierOptions> configure) =>
        builder.AddRevocation(own: false, configure);

    private static AuthenticationBuilder AddRevocation(this AuthenticationBuilder builder, bool own, Action<VerifierOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var services = builder.Services;
        if (services.All(service => service.ServiceType != typeof(RevocableSchemes)))
        {
            AddVerifier(services);
        }

        services.Configure(configure);
        services.AddOptions<AuthenticationOptions>()
            .Configure<RevocableSchemes>((authentication, schemes) => schemes.TakeLast(authentication, own));
        return builder;
    }

    private static void AddVerifier(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Entropy.System);
        services.AddMetrics();
        services.AddOptions<VerifierOptions>().BindConfiguration(VerifierOptions.Section).ValidateOnStart();
        services.AddSingleton<IPostConfigureOptions<VerifierOptions>, VerifierOptionsDefaults>();
        services.AddSingleton<IValidateOptions<VerifierOptions>, VerifierOptionsValidator>();

        services.AddSingleton<VerifierClock>();
        services.AddSingleton<VerifierReplica>();
        services.AddSingleton(provider => new VerifierStatus(
            provider.GetRequiredService<VerifierReplica>().Replica, provider.GetRequiredService<IOptions<VerifierOptions>>()));
        services.AddSingleton<VerifierMetrics>();
        services.AddSingleton<RouteDemands>();
        services.AddSingleton<RouteChecks>();
        services.AddSingleton<VerificationKeys>();
        services.AddSingleton<IntrospectionHttp>();
        services.AddSingleton<IntrospectionClient>();
        services.AddSingleton<RequestJudge>();
        services.AddTransient<RevocationHandler>();
        services.AddSingleton<RevocableSchemes>();
        services.AddSingleton<IPostConfigureOptions<JwtBearerOptions>, ConfigureRevocation>();
        services.AddHostedService<StartChecks>();
        AddConnections(services);
        AddFollowing(services);
    }

    // The handler stands in for SignalR's own in every app, with or without hubs: routes come later than services.
    private static void AddConnections(IServiceCollection services)
    {
        services.AddSingleton<ConnectionTickets>();
        services.AddSingleton<HandshakeTokens>();
        services.AddSingleton<Renewals>();
        services.AddSingleton<LiveConnections>();
        services.AddSingleton<FirstMessages>();
        services.AddSingleton<WatchedEndpoint>();
        services.AddSingleton(typeof(HubConnectionHandler<>), typeof(LiveHubHandler<>));
        services.AddHostedService<ConnectionWatch>();
    }

    private static void AddFollowing(IServiceCollection services)
    {
        services.AddSingleton<HttpFeed>();
        services.AddSingleton<FeedReporter>();
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<FeedLoop>(provider, ChooseFeed(provider)));
    }

    // An app that is its own Authority has the feed in its process; a URL says otherwise.
    private static IRevocationFeed ChooseFeed(IServiceProvider provider) =>
        string.IsNullOrWhiteSpace(provider.GetRequiredService<IOptions<VerifierOptions>>().Value.Authority)
            ? provider.GetRequiredService<IRevocationFeed>()
            : provider.GetRequiredService<HttpFeed>();
}
