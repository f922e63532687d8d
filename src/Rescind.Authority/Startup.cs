using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Keys;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;

namespace Rescind.Authority;

/// <summary>
/// Brings an Authority up before it answers anything: its own view of the log, its keys, its issuer's record, its clients, the
/// verifiers that it knew. Whatever is missing or does not fit stops the host with a sentence: other options than those
/// of the nodes that run on the same store, too.
/// </summary>
internal sealed class Startup(
    IAuthorityStore store, LogFollower follower, OptionsOfNodes sameOptions, KeyRing keys, ClientRegistry clients,
    ClientBootstrap bootstrap, VerifierRegistry verifiers, StartupState startup, IOptions<AuthorityOptions> options,
    TimeProvider time,
    ILogger<Startup> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await follower.BeginAsync(cancellationToken).ConfigureAwait(false);
        var registry = await store.Registry.LoadAsync(cancellationToken).ConfigureAwait(false);
        await sameOptions.RequireAsync(registry, cancellationToken).ConfigureAwait(false);
        clients.Take(registry);

        // Before the keys are replaced: then the restore is over for other nodes, and for the next start.
        var uncounted = registry.Restored
            ? registry.Uncounted.Append(await verifiers.SaveRestoreAsync(cancellationToken).ConfigureAwait(false))
            : registry.Uncounted;
        await keys.StartAsync(registry, cancellationToken).ConfigureAwait(false);
        await DeclareIssuerAsync(registry.Issuers, cancellationToken).ConfigureAwait(false);
        await follower.ReadHeadAsync(cancellationToken).ConfigureAwait(false);
        await bootstrap.EnsureAsync(cancellationToken).ConfigureAwait(false);
        await follower.CatchUpAsync(cancellationToken).ConfigureAwait(false);
        verifiers.Load(registry.Verifiers, uncounted);
        startup.Set();
        Report(registry);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await verifiers.SaveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            // The rows of a few seconds ago are there; receipts after the next start wait a little longer for nobody.
            UpkeepLog.Failed(logger, e.Message);
        }
    }

    // The numbers that retention uses travel in the log, so that every verifier judges by the same.
    private async Task DeclareIssuerAsync(IReadOnlyList<IssuerRecord> issuers, CancellationToken cancellationToken)
    {
        var set = options.Value;
        var known = issuers.FirstOrDefault(record => record.Own);
        var declared = new IssuerRecord
        {
            Issuer = set.Issuer!, Own = true, Limits = OptionsOfNodes.LimitsOf(set), SendsAuthTime = true, Types = ["at+jwt"],
            Algorithms = [.. keys.Keys.Select(key => key.Row.Algorithm).Distinct().Order(StringComparer.Ordinal)],
        };
        declared = known is null ? declared : declared.After(known, time.GetUtcNow().ToUnixTimeSeconds());
        if (!declared.Equals(known))
        {
            await store.Registry.SaveIssuerAsync(declared, AuditContext.System, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Report(Registry registry)
    {
        var set = options.Value;
        AuthorityLog.Started(logger, set.Issuer!, registry.Head.Epoch, registry.Head.Position);
        if (store.Nodes.AsynchronousStandbys is { Count: > 0 } standbys)
        {
            AuthorityLog.AsynchronousStandbys(logger, string.Join(", ", standbys));
        }

        if (set.Development)
        {
            AuthorityLog.Development(logger, set.DataDirectory);
        }

        if (set.AllowForwardedHostsInDevelopment.Count > 0)
        {
            AuthorityLog.TakesForwardedHosts(logger, string.Join(", ", set.AllowForwardedHostsInDevelopment));
        }

        if (set.AllowPlainHttpBehindReverseProxyThatTerminatesTls)
        {
            AuthorityLog.TrustsReverseProxy(logger);
        }

        if (registry.Restored)
        {
            AuthorityLog.Restored(logger, registry.Head.Epoch);
        }
    }
}
