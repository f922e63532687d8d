using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Rescind.Verifier.Feeding;

/// <summary>Follows every Authority for as long as the app runs.</summary>
internal sealed class FeedLoops(SchemeVerifiers verifiers, IServiceProvider provider) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loops = verifiers.Followed.ConvertAll(followed => Create(followed).RunAsync(stoppingToken));

        // None ends before the app does, unless it failed: then the host has to hear of it at once.
        await (await Task.WhenAny(loops).ConfigureAwait(false)).ConfigureAwait(false);
        await Task.WhenAll(loops).ConfigureAwait(false);
    }

    private FeedLoop Create(FollowedAuthority followed) => ActivatorUtilities.CreateInstance<FeedLoop>(
        provider, followed, ActivatorUtilities.CreateInstance<FeedReporter>(provider, followed));
}
