using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rescind.AspNetCore.Identity;
using Rescind.AspNetCore.Identity.Revoking;
using Rescind.AspNetCore.Identity.Sessions;
using Rescind.Authority.Sessions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Joins ASP.NET Core Identity to an Authority in the same application.</summary>
public static class RescindIdentityExtensions
{
    /// <summary>
    /// Revokes what ASP.NET Core Identity changes: credentials, lockouts and deletions end sessions, roles and claims renew tokens. Call it after
    /// <c>AddRoles</c>, and <c>AddRescindAuthority</c> anywhere. The host does not start if users or roles would be changed past it (RSC6002).
    /// Sessions are started by <see cref="IUserSessions{TUser}"/>.
    /// </summary>
    public static IdentityBuilder AddRescind(this IdentityBuilder builder, Action<IdentityRevocationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddHttpContextAccessor();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PresentSession>();
        services.TryAddSingleton<UserRevocations>();
        services.TryAddSingleton<SubjectTurns>();
        services.TryAddScoped(typeof(IUserSessions<>), typeof(UserSessions<>));
        services.TryAddScoped(typeof(ISessionClaims), typeof(UserClaims<>).MakeGenericType(builder.UserType));
        Replace(services, typeof(UserManager<>), typeof(RevokingUsers<>), builder.UserType);
        if (builder.RoleType is { } role)
        {
            Replace(services, typeof(RoleManager<>), typeof(RevokingRoles<>), role);
        }

        services.AddOptionsWithValidateOnStart<IdentityRevocationOptions>().Configure(configure ?? (static _ => { }));
        services.AddSingleton<IValidateOptions<IdentityRevocationOptions>>(new IdentityRevocationOptionsValidator(services));
        return builder;
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
