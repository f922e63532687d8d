using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Keys;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;

namespace Rescind.Authority;

/// <summary>
/// Keeps the nodes of one store to the options that its tokens depend on: those under which the record of our issuer
/// was written. They are changed by stopping every node and starting them with others.
/// </summary>
internal sealed class OptionsOfNodes(
    IAuthorityStore store, Leases leases, IOptions<AuthorityOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>What the record of our issuer says of lifetimes under these options.</summary>
    public static IssuerLimits LimitsOf(AuthorityOptions options) => new(
        (long)options.AccessTokenLifetime.TotalSeconds, (long)options.SessionLifetime.TotalSeconds, 0,
        IssuerLimits.DefaultLeeway);

    /// <summary>
    /// Throws <see cref="InvalidOperationException"/> with a sentence if the options differ from those of the nodes that
    /// run: if another holds the lease of the upkeep for as long as one that died would.
    /// </summary>
    public async Task RequireAsync(Registry registry, CancellationToken cancellationToken)
    {
        if (!store.Nodes.IsShared || Differing(registry) is not { Length: > 0 } differing)
        {
            return;
        }

        var began = time.GetTimestamp();
        while (!await leases.TryHoldAsync(LeaseNames.Upkeep, cancellationToken).ConfigureAwait(false))
        {
            if (time.GetElapsedTime(began) > Leases.Duration)
            {
                throw new InvalidOperationException(Errors.InvalidOptions.Sentence(
                    $"Other nodes run on this store with another {differing}. Set the same here, or stop them all first."));
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private string Differing(Registry registry)
    {
        var set = options.Value;
        var (recorded, declared) = (registry.Issuers.FirstOrDefault(static record => record.Own)?.Limits, LimitsOf(set));
        var next = registry.Keys.LastOrDefault(static key => key.State is KeyState.Next);
        List<string> differing = [];
        if (recorded is not null && recorded.MaxTokenLifetime != declared.MaxTokenLifetime)
        {
            differing.Add("Rescind:AccessTokenLifetime");
        }

        if (recorded is not null && recorded.MaxSessionLifetime != declared.MaxSessionLifetime)
        {
            differing.Add("Rescind:SessionLifetime");
        }

        if (next is not null && next.Algorithm != set.SigningAlgorithm)
        {
            differing.Add("Rescind:SigningAlgorithm");
        }

        return string.Join(", ", differing);
    }
}
