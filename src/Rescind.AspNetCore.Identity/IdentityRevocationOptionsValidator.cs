using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescind.AspNetCore.Identity.Diagnostics;
using Rescind.AspNetCore.Identity.Revocations;

namespace Rescind.AspNetCore.Identity;

/// <summary>
/// Stops the host if an option does not hold, or if users or roles would be changed past us: nothing is skipped in silence.
/// </summary>
internal sealed class IdentityRevocationOptionsValidator(IServiceCollection services, IServiceProvider provider)
    : IValidateOptions<IdentityRevocationOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, IdentityRevocationOptions options) =>
        new[] { FirstFault(name, options) }.ToResult();

    private string? FirstFault(string? name, IdentityRevocationOptions options) =>
        !Enum.IsDefined(options.Subject) ? Say("Subject is no value of its type.")
        : !Enum.IsDefined(options.SingleSession) ? Say("SingleSession is no value of its type.")
        : string.IsNullOrEmpty(options.RoleClaim) ? Say("RoleClaim is empty.")
        : options.Claims.Any(string.IsNullOrEmpty) ? Say("Claims holds an empty name.")
        : Prefix(name, options)
            ?? Unseen(typeof(UserManager<>), typeof(RevokingUserManager<>))
            ?? Unseen(typeof(RoleManager<>), typeof(RevokingRoleManager<>));

    // Two types of users may have the same id, and a person may choose a name: a subject has to say whose it is.
    private string? Prefix(string? name, IdentityRevocationOptions options)
    {
        if (options.SubjectPrefix?.StartsWith("client:", StringComparison.OrdinalIgnoreCase) is true)
        {
            return Say($"SubjectPrefix of {name} is that of API clients.");
        }

        var kinds = provider.GetServices<UserKind>().ToList();
        if (kinds.Count > 1 && options.SubjectPrefix is null)
        {
            return Say($"There are several types of users, and SubjectPrefix of {name} is not set.");
        }

        if (kinds.Count > 1 && options is { SubjectPrefix: "", Subject: UserSubject.UserName })
        {
            return Say($"SubjectPrefix of {name} is empty, and people choose their names.");
        }

        var other = kinds.FirstOrDefault(kind => kind.Name != name && Overlap(options.SubjectPrefix, PrefixOf(kind)));
        return other is null ? null : Say($"One SubjectPrefix of {name} and {other.Name} begins with the other.");
    }

    private static string Say(string particulars) => UserErrors.InvalidOptions.Sentence(particulars);

    // By what the application set, without validating it: the other type is validated by itself.
    private string? PrefixOf(UserKind kind)
    {
        var options = new IdentityRevocationOptions();
        var setups = provider.GetServices<IConfigureOptions<IdentityRevocationOptions>>();
        foreach (var setup in setups.OfType<IConfigureNamedOptions<IdentityRevocationOptions>>())
        {
            setup.Configure(kind.Name, options);
        }

        return options.SubjectPrefix;
    }

    private static bool Overlap(string? one, string? other) => (one, other) switch
    {
        (null or "", null or "") => one is not null && other is not null,
        (null or "", _) or (_, null or "") => false,
        var (first, second) =>
            first.StartsWith(second, StringComparison.Ordinal) || second.StartsWith(first, StringComparison.Ordinal),
    };

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
