using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rescind.AspNetCore.Identity;
using Rescind.AspNetCore.Identity.Revocations;
using Rescind.AspNetCore.Identity.Saving;
using Rescind.AspNetCore.Identity.Sessions;
using Rescind.Authority.Sessions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Joins ASP.NET Core Identity to an Authority in the same application.</summary>
public static class RescindIdentityExtensions
{
    /// <summary>
    /// Revokes what ASP.NET Core Identity changes: credentials, lockouts and deletions end sessions, roles and claims
    /// renew tokens. Call it after <c>AddRoles</c>, and <c>AddRescindAuthority</c> anywhere. The host does not start if
    /// users or roles would be changed past it (RSC6002). Sessions are started by <see cref="IUserSessions{TUser}"/>.
    /// An application with several types of users calls it for each, and gives each its
    /// <see cref="IdentityRevocationOptions.SubjectPrefix"/>.
    /// </summary>
    public static IdentityBuilder AddRescind(this IdentityBuilder builder, Action<IdentityRevocationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddHttpContextAccessor();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PresentSession>();
        services.TryAddSingleton<UserRevocations>();
        services.TryAddSingleton<LoginLocks>();
        AddFollowers(services);
        services.TryAddSingleton<UserKinds>();
        services.TryAddScoped(typeof(IUserSessions<>), typeof(UserSessions<>));
        services.TryAddScoped(typeof(UserClaims<>));
        Replace(services, typeof(UserManager<>), typeof(RevokingUserManager<>), builder.UserType);
        if (builder.RoleType is { } role)
        {
            Replace(services, typeof(RoleManager<>), typeof(RevokingRoleManager<>), role);
        }

        AddKind(services, new(builder.UserType, builder.RoleType), configure ?? (static _ => { }));
        return builder;
    }

    // Every DbContext of the application is followed, for any may hold the users.
    private static void AddFollowers(IServiceCollection services)
    {
        services.TryAddSingleton<SaveFollower>();
        services.TryAddSingleton<TransactionFollower>();
        services.TryAddSingleton<CommitRevocations>();
        services.TryAddSingleton<TrackedChanges>();
        services.TryAddSingleton<OwedRevocations>();
        services.TryAddSingleton<UnseenTransactions>();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton(typeof(IDbContextOptionsConfiguration<>), typeof(FollowedContext<>)));
        services.AddHostedService<OutboxDelivery>();
    }

    // Of one builder several calls add up, as those of Configure do; each type of user has options of its own.
    private static void AddKind(IServiceCollection services, UserKind kind, Action<IdentityRevocationOptions> configure)
    {
        if (services.All(static service => service.ServiceType != typeof(UserKind)))
        {
            services.AddScoped<ISessionClaims, ClaimsOfUsers>();
            services.AddSingleton<IValidateOptions<IdentityRevocationOptions>>(
                provider => new IdentityRevocationOptionsValidator(services, provider));
        }

        var options = services.AddOptionsWithValidateOnStart<IdentityRevocationOptions>(kind.Name);
        if (services.FirstOrDefault(service => (service.ImplementationInstance as UserKind)?.User == kind.User) is { } earlier)
        {
            services.Remove(earlier);
        }
        else
        {
            options.Configure<IServiceProvider>(ApplyUnnamed);
        }

        services.AddSingleton(kind);

        options.Configure(configure);
    }

    // What the application configures without a name is meant for every type.
    private static void ApplyUnnamed(IdentityRevocationOptions options, IServiceProvider provider)
    {
        foreach (var setup in provider.GetServices<IConfigureOptions<IdentityRevocationOptions>>())
        {
            setup.Configure(options);
        }
    }

    // One of the application's own stays: it derives from ours, or the host does not start.
    private static void Replace(IServiceCollection services, Type framework, Type ours, Type argument)
    {
        var service = framework.MakeGenericType(argument);
        if (services.Any(descriptor => descriptor.ServiceType == service && descriptor.ImplementationType == service))
        {
            services.Replace(ServiceDescriptor.Scoped(service, ours.MakeGenericType(argument)));
        }
    }
}
