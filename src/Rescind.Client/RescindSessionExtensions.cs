using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the session of an application that has one.</summary>
public static class RescindSessionExtensions
{
    /// <summary>
    /// Adds the application's <see cref="RescindSession"/>, checked when the host starts. A registered
    /// <see cref="ITokenStore"/> and <see cref="TimeProvider"/> are used unless the options name others. An application
    /// has one such session: it does not start (RSC5005) if this was called again with other settings. One that serves
    /// many people makes one <see cref="RescindSession"/> for each of them instead.
    /// </summary>
    public static IServiceCollection AddRescindSession(this IServiceCollection services, Action<RescindSessionOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        SessionRegistration[] earlier =
            [.. services.Select(static service => service.ImplementationInstance).OfType<SessionRegistration>()];
        if (Array.Exists(earlier, call => call.Configure == configure))
        {
            return services;
        }

        var name = earlier.Length == 0 ? Options.Options.DefaultName : $"Rescind session {earlier.Length + 1}";
        services.AddSingleton(new SessionRegistration(name, configure));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<RescindSessionOptions>, Surroundings>());
        services.AddOptions<RescindSessionOptions>(name).Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<RescindSessionOptions>, RescindSessionOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RescindSessionOptions>, OneSessionValidator>());
        services.TryAddSingleton(Create);
        return services;
    }

    // Without a host nothing is validated at start.
    private static RescindSession Create(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<RescindSessionOptions>>();
        foreach (var call in provider.GetServices<SessionRegistration>())
        {
            _ = options.Get(call.Name);
        }

        return new(options.CurrentValue);
    }

    /// <summary>What the application has registered for all its parts.</summary>
    private sealed class Surroundings(IServiceProvider provider) : IConfigureNamedOptions<RescindSessionOptions>
    {
        public void Configure(RescindSessionOptions options) => Configure(Options.Options.DefaultName, options);

        public void Configure(string? name, RescindSessionOptions options)
        {
            options.TokenStore = provider.GetService<ITokenStore>();
            options.TimeProvider = provider.GetService<TimeProvider>() ?? TimeProvider.System;
            options.LoggerFactory = provider.GetService<ILoggerFactory>();
        }
    }
}
