using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Sessions;

/// <summary>Stops the host if several services say what the claims of a session are: only the last one would be asked.</summary>
internal sealed class ClaimsSources(IServiceCollection services) : IValidateOptions<AuthorityOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthorityOptions options)
    {
        var sources = services.Where(static service => !service.IsKeyedService && service.ServiceType == typeof(ISessionClaims))
            .ToList();
        return sources.Count < 2 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(
            Errors.SeveralClaimsSources.Sentence($"They are {string.Join(", ", sources.Select(NameOf))}."));
    }

    private static string NameOf(ServiceDescriptor service) =>
        (service.ImplementationType ?? service.ImplementationInstance?.GetType())?.Name ?? "one that is made by a factory";
}
