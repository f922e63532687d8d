using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the session of an application that has one.</summary>
public static class RescindSessionExtensions
{
    /// <summary>
    /// Adds the application's <see cref="RescindSession"/>, checked when the host starts. A registered <see cref="ITokenStore"/> and
    /// <see cref="TimeProvider"/> are used unless the options name others. An application that serves many people makes one
    /// <see cref="RescindSession"/> for each of them instead.
    /// </summary>
    public static IServiceCollection AddRescindSession(this IServiceCollection services, Action<RescindSessionOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<RescindSessionOptions>, Surroundings>());
        services.AddOptions<RescindSessionOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RescindSessionOptions>, RescindSessionOptionsValidator>());
        services.TryAddSingleton(static provider => new RescindSession(provider.GetRequiredService<IOptions<RescindSessionOptions>>().Value));
        return services;
    }

    /// <summary>What the application has registered for all its parts.</summary>
    private sealed class Surroundings(IServiceProvider provider) : IConfigureOptions<RescindSessionOptions>
    {
        public void Configure(RescindSessionOptions options)
        {
            options.TokenStore = provider.GetService<ITokenStore>();
            options.TimeProvider = provider.GetService<TimeProvider>() ?? TimeProvider.System;
            options.LoggerFactory = provider.GetService<ILoggerFactory>();
        }
    }
}
