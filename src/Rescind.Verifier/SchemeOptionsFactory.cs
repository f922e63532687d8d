using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Authentication;

namespace Rescind.Verifier;

/// <summary>
/// Makes the options of each scheme by its name: first what has no name and is meant for all, the section
/// <c>Rescind</c> with it, then what is the scheme's own; of two registrations that set one property the later wins. So
/// no scheme reads what another one was given, but for one that names no Authority where none runs in the process: it
/// follows the one that the others name.
/// </summary>
internal sealed class SchemeOptionsFactory(
    IEnumerable<IConfigureOptions<VerifierOptions>> setups,
    IEnumerable<IPostConfigureOptions<VerifierOptions>> postSetups,
    IEnumerable<IValidateOptions<VerifierOptions>> validators,
    RevocableSchemes schemes,
    IServiceProviderIsService services) : IOptionsFactory<VerifierOptions>
{
    public VerifierOptions Create(string name)
    {
        var options = Make(name);
        if (name.Length == 0)
        {
            // What is meant for all need not be whole: a scheme may add to it.
            return options;
        }

        FollowOthers(options, name);
        var failures = validators.Select(validator => validator.Validate(name, options)).Where(static result => result.Failed)
            .SelectMany(static result => result.Failures ?? []).ToList();
        return failures.Count == 0 ? options : throw new OptionsValidationException(name, typeof(VerifierOptions), failures);
    }

    private void FollowOthers(VerifierOptions options, string name)
    {
        if (!string.IsNullOrWhiteSpace(options.Authority) || services.IsService(typeof(IRevocationFeed)))
        {
            return;
        }

        var others = schemes.Names.Where(other => other != name).Select(Make)
            .Where(static other => !string.IsNullOrWhiteSpace(other.Authority)).DistinctBy(FollowerKey.Of).ToList();
        if (others is [var only])
        {
            (options.Authority, options.ClientId, options.ClientSecret) = (only.Authority, only.ClientId, only.ClientSecret);
            (options.Name, options.Instance, options.BackchannelHttpHandler) =
                (only.Name, only.Instance, only.BackchannelHttpHandler);
        }
    }

    private VerifierOptions Make(string name)
    {
        var options = new VerifierOptions();
        string[] names = name.Length == 0 ? [name] : ["", name];
        foreach (var setup in setups)
        {
            Apply(setup, names, options);
        }

        foreach (var setup in postSetups)
        {
            Array.ForEach(
                setup is PostConfigureOptions<VerifierOptions> { Name: null } ? [name] : names,
                one => setup.PostConfigure(one, options));
        }

        return options;
    }

    private static void Apply(IConfigureOptions<VerifierOptions> setup, string[] names, VerifierOptions options)
    {
        switch (setup)
        {
            // For every name: once is enough.
            case ConfigureNamedOptions<VerifierOptions> { Name: null } forAll:
                forAll.Configure(names[^1], options);
                break;
            case IConfigureNamedOptions<VerifierOptions> named:
                Array.ForEach(names, name => named.Configure(name, options));
                break;
            default:
                setup.Configure(options);
                break;
        }
    }
}

/// <summary>The section of each scheme: <c>Rescind:Schemes:NAME</c>.</summary>
internal sealed class SchemeSection(IConfiguration configuration) : IConfigureNamedOptions<VerifierOptions>
{
    public void Configure(VerifierOptions options)
    {
    }

    public void Configure(string? name, VerifierOptions options)
    {
        if (!string.IsNullOrEmpty(name))
        {
            configuration.GetSection($"{VerifierOptions.Section}:Schemes:{name}").Bind(options);
        }
    }
}

/// <summary>What one call of AddRescind or AddRevocation was given, for the scheme that it has made one that judges.</summary>
internal sealed class SchemeSettings(
    IOptions<AuthenticationOptions> authentication, RevocableSchemes schemes, SchemeRegistration registration)
    : IConfigureNamedOptions<VerifierOptions>
{
    public void Configure(VerifierOptions options)
    {
    }

    public void Configure(string? name, VerifierOptions options)
    {
        // The schemes are known only after the authentication options were made.
        _ = authentication.Value;
        if (ReferenceEquals(schemes.Find(name), registration))
        {
            registration.Configure(options);
        }
    }
}
