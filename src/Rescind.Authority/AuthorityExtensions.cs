using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rescind;
using Rescind.Authority;
using Rescind.Authority.Canaries;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Drills;
using Rescind.Authority.Feeding;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Routes.Browser;
using Rescind.Authority.Http.Routes.Revocations;
using Rescind.Authority.Issuers;
using Rescind.Authority.Keys;
using Rescind.Authority.Logouts;
using Rescind.Authority.Nodes;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tokens;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the Authority to an application.</summary>
public static class AuthorityExtensions
{
    /// <summary>
    /// Adds the Authority: sessions, refresh, revocations and the feed. Options come from the configuration section
    /// <c>Rescind</c>, then from <paramref name="configure"/>. Map its endpoints with <c>app.MapRescind()</c>. An
    /// application has one Authority: throws <see cref="InvalidOperationException"/> if it was added already.
    /// </summary>
    public static AuthorityBuilder AddRescindAuthority(
        this IServiceCollection services, Action<AuthorityOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(static service => service.ServiceType == typeof(CommittedLog)))
        {
            throw Errors.SecondAuthority.ToException("AddRescindAuthority() was called again.");
        }

        AddOptions(services, configure ?? (static _ => { }));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Entropy.System);
        services.AddMetrics();
        services.AddSingleton<AuthorityMetrics>();
        services.AddHostedService<AuthorityGauges>();
        services.AddSingleton<CommittedLog>();
        services.AddSingleton<FailoverRecovery>();
        services.AddSingleton<LogFollower>();
        services.AddSingleton<NodeRegistry>();
        services.AddSingleton<Leases>();
        services.AddSingleton<OptionsOfNodes>();
        services.AddSingleton(provider => provider.GetRequiredService<CommittedLog>().Replica);
        services.AddSingleton<Judge>();
        services.AddSingleton<ClientRegistry>();
        services.AddSingleton<ClientAuthentication>();
        services.AddSingleton<SameOriginPolicy>();
        services.AddSingleton<AccessControl>();
        services.AddSingleton<DevelopmentGuard>();
        services.AddSingleton<StartupState>();
        services.AddSingleton<Gate>();
        AddCrossOrigin(services);
        AddStore(services);
        AddIssuing(services);
        AddSessions(services);
        AddRevoking(services);
        AddIssuers(services);
        AddLoggingOut(services);
        return new(services);
    }

    // A CORS service of the application's own is left as it is.
    private static void AddCrossOrigin(IServiceCollection services)
    {
        services.AddCors();
        services.AddSingleton<CrossOriginPolicy>();
        services.AddSingleton<CrossOriginHeaders>();
        if (services.Last(
            static service => service.ServiceType == typeof(ICorsService)).ImplementationType == typeof(CorsService))
        {
            services.AddSingleton<CorsService>();
            services.Replace(ServiceDescriptor.Singleton<ICorsService, HostCors>());
        }
    }

    private static void AddStore(IServiceCollection services)
    {
        services.AddSingleton(OpenStore);
        services.AddSingleton<IAuthorityStore>(static provider => provider.GetRequiredService<SqliteStore>());
        services.AddSingleton(static provider => provider.GetRequiredService<IAuthorityStore>().Clock);
        services.AddSingleton(static provider => provider.GetRequiredService<IAuthorityStore>().Sessions);
        services.AddSingleton(static provider => provider.GetRequiredService<IAuthorityStore>().Revocations);
        services.AddSingleton(static provider => provider.GetRequiredService<IAuthorityStore>().Registry);
        services.AddSingleton(static provider => provider.GetRequiredService<IAuthorityStore>().Logouts);
        services.AddSingleton<ClientBootstrap>();
        services.AddHostedService<Startup>();
        services.AddHostedService<DataCheck>();
    }

    private static SqliteStore OpenStore(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<AuthorityOptions>>().Value;
        var file = (provider.GetService<SqliteFile>() ?? new(SqliteStoreOptions.DefaultFileName)).In(options.DataDirectory);
        return AuthorityBuilder.Open(() => SqliteStore.Open(
            new()
            {
                Folder = Path.GetDirectoryName(file)!, FileName = Path.GetFileName(file), Issuer = options.Issuer!,
                Metrics = provider.GetRequiredService<AuthorityMetrics>(),
            },
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<Entropy>()));
    }

    private static void AddIssuing(IServiceCollection services)
    {
        services.AddSingleton(provider => KeysOf(provider.GetRequiredService<IOptions<AuthorityOptions>>().Value, provider));
        services.AddSingleton<TokenIssuer>();
        services.AddSingleton<OwnTokens>();
        services.AddSingleton<RefreshTokens>();
        services.AddSingleton<Rotation>();
        services.AddSingleton<RefreshLimiter>();
        services.AddSingleton<RefreshCookie>();
        services.AddSingleton<CookieSessions>();
    }

    private static void AddSessions(IServiceCollection services)
    {
        services.AddSingleton<SessionClock>();
        services.AddSingleton<SessionFactory>();
        services.AddSingleton<CurrentClaims>();
        services.AddSingleton<ClaimsRefusals>();
        services.AddSingleton<SessionOperations>();
        services.AddSingleton<CallersSessions>();
        services.AddSingleton<ISessions>(provider => provider.GetRequiredService<SessionOperations>());
    }

    private static void AddRevoking(IServiceCollection services)
    {
        services.AddSingleton<SharedRows>();
        services.AddSingleton<VerifierRegistry>();
        services.AddSingleton<OlderCopyAlarm>();
        services.AddSingleton<OlderAnswers>();
        services.AddSingleton<CanaryWatch>();
        services.AddSingleton<CanaryRound>();
        services.AddSingleton<DrillRound>();
        services.AddHostedService<CanaryKeeper>();
        services.AddSingleton<FeedServer>();
        services.AddSingleton<SnapshotDownloads>();
        services.AddSingleton<IRevocationFeed, InProcessFeed>();
        services.AddSingleton<RevocationReader>();
        services.AddSingleton<WhoMayRevoke>();
        services.AddSingleton<LaterTokens>();
        services.AddSingleton<Administrators>();
        services.AddSingleton<BroadActs>();
        services.AddSingleton<LogoutBursts>();
        services.AddSingleton<RevocationOperations>();
        services.AddSingleton<IRevocations>(provider => provider.GetRequiredService<RevocationOperations>());
        services.AddHostedService<Upkeep>();
    }

    private static void AddIssuers(IServiceCollection services)
    {
        services.AddSingleton<IssuerKeys>();
        services.AddSingleton<IssuerSignatures>();
        services.AddSingleton<IssuerRateLimiter>();
        services.AddSingleton<ForeignTokens>();
        services.AddSingleton<BackChannelLogouts>();
    }

    private static void AddLoggingOut(IServiceCollection services)
    {
        services.AddSingleton<LogoutMetrics>();
        services.AddSingleton<LogoutTokens>();
        services.AddSingleton<LogoutCalls>();
        services.AddSingleton<LogoutOutbox>();
        services.AddHostedService<LogoutDelivery>();
    }

    private static KeyRing KeysOf(AuthorityOptions options, IServiceProvider provider)
    {
        var entropy = provider.GetRequiredService<Entropy>();
        return new(
            provider.GetRequiredService<NodeRegistry>(),
            new(options.MasterKey, options.MasterKeyFile, options.DataDirectory, entropy),
            new(options.SigningAlgorithm, options.SigningKeyLifetime, options.AccessTokenLifetime),
            provider.GetRequiredService<SteadyClock>(),
            provider.GetRequiredService<TimeProvider>(),
            entropy);
    }

    private static void AddOptions(IServiceCollection services, Action<AuthorityOptions> configure)
    {
        services.AddOptionsWithValidateOnStart<AuthorityOptions>()
            .Configure<IHostEnvironment>((options, environment) => options.Development = environment.IsDevelopment())
            .BindConfiguration(AuthorityOptions.Section)
            .Configure(configure);
        services.AddSingleton<DevelopmentIssuer>();
        services.AddSingleton<IPostConfigureOptions<AuthorityOptions>, InMemoryServer>();
        services.AddSingleton<IPostConfigureOptions<AuthorityOptions>>(
            static provider => provider.GetRequiredService<DevelopmentIssuer>());
        services.AddSingleton<IValidateOptions<AuthorityOptions>, AuthorityRangesValidator>();
        services.AddSingleton<IValidateOptions<AuthorityOptions>, AuthorityOptionsValidator>();
        services.AddSingleton<IValidateOptions<AuthorityOptions>>(new ClaimsSources(services));
    }
}
