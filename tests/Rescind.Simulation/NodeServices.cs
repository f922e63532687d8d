using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Rescind.Authority;
using Rescind.Authority.Stores;

namespace Rescind.Simulation;

/// <summary>
/// What a node is made of: all that <c>AddRescindAuthority</c> adds, with another clock, other dice and another store.
/// </summary>
internal static class NodeServices
{
    public const string Issuer = "https://auth.shop.example";

    public static ServiceCollection Of(TimeProvider time, Entropy entropy, IAuthorityStore store)
    {
        var services = Product(time, entropy);
        services.Replace(ServiceDescriptor.Singleton(store));

        // It looks at the pages of a database file.
        services.Remove(services.Single(service => service.ImplementationType == typeof(DataCheck)));
        return services;
    }

    /// <summary>The same as it would be in an application.</summary>
    public static ServiceCollection Product(TimeProvider? time = null, Entropy? entropy = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IHostEnvironment>(new HostingEnvironment { EnvironmentName = Environments.Production });
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        if (time is not null && entropy is not null)
        {
            services.AddSingleton(time).AddSingleton(entropy);
        }

        services.AddRescindAuthority(Set);
        return services;
    }

    private static void Set(AuthorityOptions options)
    {
        options.Issuer = Issuer;
        options.MasterKey = Convert.ToBase64String(new byte[32]);
        options.AdminSecret = new string('a', 32);
    }
}
