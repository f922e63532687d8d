using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescind.AspNetCore.Identity.Diagnostics;

namespace Rescind.AspNetCore.Identity;

/// <summary>Stops the host if an option does not hold, or if users or roles would be changed past us: nothing is skipped in silence.</summary>
internal sealed class IdentityRevocationOptionsValidator(IServiceCollection services) : IValidateOptions<IdentityRevocationOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, IdentityRevocationOptions options)
    {
        var failure =
            !Enum.IsDefined(options.Subject) ? UserErrors.InvalidOptions.Sentence("Subject is no value of its type.")
            : !Enum.IsDefined(options.SingleSession) ? UserErrors.InvalidOptions.Sentence("SingleSession is no value of its type.")
            : string.IsNullOrEmpty(options.RoleClaim) ? UserErrors.InvalidOptions.Sentence("RoleClaim is empty.")
            : options.Claims.Any(string.IsNullOrEmpty) ? UserErrors.InvalidOptions.Sentence("Claims holds an empty name.")
            : Unseen(typeof(UserManager<>), typeof(RevokingUsers<>)) ?? Unseen(typeof(RoleManager<>), typeof(RevokingRoles<>));
        return failure is null ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failure);
    }

    // What is registered last is what the application gets.
    private string? Unseen(Type service, Type ours) => services
        .Where(descriptor => !descriptor.IsKeyedService && descriptor.ServiceType.IsConstructedGenericType
            && descriptor.ServiceType.GetGenericTypeDefinition() == service)
        .GroupBy(descriptor => descriptor.ServiceType)
        .Select(registered => registered.Last())
        .Where(descriptor => !Derives(descriptor.ImplementationType, ours))
        .Select(descriptor => UserErrors.ChangesUnseen.Sentence($"{descriptor.ServiceType} is not one that revokes."))
        .FirstOrDefault();

    private static bool Derives(Type? type, Type ours)
    {
        for (; type is not null; type = type.BaseType)
        {
            if (type.IsConstructedGenericType && type.GetGenericTypeDefinition() == ours)
            {
                return true;
            }
        }

        return false;
    }
}
