using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Rescind.Verifier;

/// <summary>Fills in the name and the instance that nobody gave.</summary>
internal sealed class VerifierOptionsDefaults(IHostEnvironment environment, Entropy entropy) : IPostConfigureOptions<VerifierOptions>
{
    public void PostConfigure(string? name, VerifierOptions options)
    {
        options.Name = First(options.Name, options.Audience, environment.ApplicationName);
        options.Instance = First(options.Instance, entropy.NextId());
    }

    private static string? First(params ReadOnlySpan<string?> candidates)
    {
        foreach (var candidate in candidates)
        {
            if (!string.IsNullOrWhiteSpace(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
