using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpLogging;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rescind.Verifier;
using Rescind.Verifier.Authentication;
using Rescind.Verifier.Connections;
using Rescind.Verifier.Connections.Endpoints;
using Rescind.Verifier.Connections.Hubs;
using Rescind.Verifier.Connections.WebSockets;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Feeding;
using Rescind.Verifier.Handshaking;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Puts revocation into an app's authentication. Each method returns the same builder, and is called while the app is
/// being set up. What contradicts itself refuses to start, with a message that names the next step.
/// </summary>
public static class RescindVerifierExtensions
{
    /// <summary>
    /// Adds the scheme <c>Bearer</c> for tokens of the Authority, judged in memory at every request. Options come from
    /// the configuration section <c>Rescind</c>; in an app that is its own Authority nothing need be set.
    /// </summary>
    /// <param name="builder">What <c>AddAuthentication</c> returned.</param>
    public static AuthenticationBuilder AddRescind(this AuthenticationBuilder builder) => builder.AddRescind(static _ => { });

    /// <summary>
    /// Adds the scheme <c>Bearer</c> for tokens of the Authority; <paramref name="configure"/> wins over the
    /// configuration.
    /// </summary>
    /// <param name="builder">What <c>AddAuthentication</c> returned.</param>
    /// <param name="configure">Changes the options of this scheme alone.</param>
    public static AuthenticationBuilder AddRescind(this AuthenticationBuilder builder, Action<VerifierOptions> configure) =>
        builder.AddRescind(JwtBearerDefaults.AuthenticationScheme, configure);

    /// <summary>
    /// Adds a scheme for tokens of an Authority, judged by its own options: the section <c>Rescind</c>, which all
    /// schemes share, then <c>Rescind:Schemes:NAME</c>, then <paramref name="configure"/>. It is <c>AddJwtBearer</c>
    /// and <c>AddRevocation</c> with the blanks filled in: the issuer and its keys come with the log, so nothing else
    /// is fetched. Claims keep their names in the token; the user's name is <c>sub</c>, roles are <c>role</c>.
    /// Registers <see cref="VerifierStatus"/>, which is also there by the name of the scheme.
    /// </summary>
    /// <param name="builder">What <c>AddAuthentication</c> returned.</param>
    /// <param name="authenticationScheme">The scheme's name. One that exists already refuses to start.</param>
    /// <param name="configure">Changes the options of this scheme alone.</param>
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
            .Configure<IOptionsMonitor<VerifierOptions>>(
                (jwt, verifier) => jwt.Audience = verifier.Get(authenticationScheme).Audience);
        return builder.AddRevocation(own: true, configure);
    }

    /// <summary>
    /// Judges the tokens of the scheme that <c>AddJwtBearer</c> has just added, with the options of the configuration
    /// section <c>Rescind</c>. What the app set on the scheme stays in force.
    /// </summary>
    /// <param name="builder">What <c>AddJwtBearer</c> returned; anything else refuses to start (RSC3007).</param>
    public static AuthenticationBuilder AddRevocation(this AuthenticationBuilder builder) =>
        builder.AddRevocation(static _ => { });

    /// <summary>
    /// Judges the tokens of the scheme that <c>AddJwtBearer</c> has just added. What the app set there stays in force,
    /// its events too: none of them can turn a dead token valid. Refuses to start with
    /// <c>UseSecurityTokenValidators</c> (RSC3008), and with a token validation parameter that would have no effect
    /// (RSC3017). Tokens of an issuer that the scheme accepts and the Authority has not registered are answered 503,
    /// those of an issuer that the scheme refuses 401.
    /// </summary>
    /// <param name="builder">What <c>AddJwtBearer</c> returned; anything else refuses to start (RSC3007).</param>
    /// <param name="configure">Changes the options of this scheme alone; it wins over the configuration.</param>
    public static AuthenticationBuilder AddRevocation(this AuthenticationBuilder builder, Action<VerifierOptions> configure) =>
        builder.AddRevocation(own: false, configure);

    private static AuthenticationBuilder AddRevocation(
        this AuthenticationBuilder builder, bool own, Action<VerifierOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var services = builder.Services;
        if (services.All(service => service.ServiceType != typeof(RevocableSchemes)))
        {
            AddVerifier(services);
        }

        var registration = new SchemeRegistration(own, configure);
        services.AddSingleton<IConfigureOptions<VerifierOptions>>(
            provider => ActivatorUtilities.CreateInstance<SchemeSettings>(provider, registration));
        services.AddOptions<AuthenticationOptions>()
            .Configure<RevocableSchemes>((authentication, schemes) => schemes.TakeLast(authentication, registration));
        return builder;
    }

    private static void AddVerifier(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Entropy.System);
        services.AddMetrics();
        services.AddOptions<VerifierOptions>().BindConfiguration(VerifierOptions.Section);
        services.AddSingleton<IConfigureOptions<VerifierOptions>, SchemeSection>();
        services.AddTransient<IOptionsFactory<VerifierOptions>, SchemeOptionsFactory>();
        services.AddSingleton<IValidateOptions<VerifierOptions>, VerifierOptionsValidator>();

        services.AddSingleton<VerifierClock>();
        services.AddSingleton<SchemeVerifiers>();
        services.AddSingleton(static provider => provider.GetRequiredService<SchemeVerifiers>().Only.Status);
        services.AddKeyedSingleton(
            KeyedService.AnyKey,
            static (provider, scheme) =>
                provider.GetRequiredService<SchemeVerifiers>().Of((string)scheme!).Followed.Status);
        services.AddSingleton<VerifierMetrics>();
        services.AddTransient<RouteSchemes>();
        services.AddSingleton<RouteChecks>();
        services.AddSingleton<MetadataSources>();
        services.AddSingleton<QueryLogs>();
        services.AddSingleton<IHttpLoggingInterceptor>(static provider => provider.GetRequiredService<QueryLogs>());
        services.AddTransient<RevocationHandler>();
        services.AddSingleton<RevocableSchemes>();
        services.AddSingleton<IPostConfigureOptions<JwtBearerOptions>, ConfigureRevocation>();
        services.AddHostedService<StartChecks>();
        services.AddHostedService<FeedLoops>();
        AddUnknownFirst(services);
        AddConnections(services);
    }

    // Around the authentication that AddAuthentication registered, whatever it is.
    private static void AddUnknownFirst(IServiceCollection services)
    {
        services.AddSingleton<IStartupFilter, UnknownAnswers>();
        var found = services.Last(static service => service.ServiceType == typeof(IAuthenticationService));
        services.Replace(ServiceDescriptor.Describe(
            typeof(IAuthenticationService),
            provider => ActivatorUtilities.CreateInstance<UnknownFirst>(
                provider,
                (IAuthenticationService)Create(found, provider),
                new Func<HttpContext, Task<bool>>(provider.GetRequiredService<HubRequests>().AnswersAsync)),
            ServiceLifetime.Scoped));

        static object Create(ServiceDescriptor descriptor, IServiceProvider provider) =>
            descriptor.ImplementationInstance ?? descriptor.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, descriptor.ImplementationType!);
    }

    // The handler stands in for SignalR's own in every app, with or without hubs: routes come later than services.
    // Filters of hubs stand in the order in which they are added.
    private static void AddConnections(IServiceCollection services)
    {
        services.AddSingleton<ConnectionTickets>();
        services.AddSingleton<Renewals>();
        services.AddSingleton<FirstMessages>();
        services.AddSingleton<PolledHubs>();
        services.AddSingleton<HubRequests>();
        services.AddSingleton<WatchedEndpoint>();
        services.AddSingleton(typeof(HubConnectionHandler<>), typeof(LiveHubHandler<>));
        services.AddSingleton<JudgedMethods>();
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<HubOptions>>(
            new ConfigureOptions<HubOptions>(static hubs => hubs.AddFilter(new JudgedCalls()))));
        services.AddHostedService<ConnectionWatch>();
    }
}
