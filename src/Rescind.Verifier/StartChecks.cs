using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier;

/// <summary>
/// Meets at the start what options would otherwise say at the first request: a scheme that cannot judge, a route that demands
/// more than can be given.
/// </summary>
internal sealed class StartChecks(
    SchemeVerifiers verifiers, IOptionsMonitor<JwtBearerOptions> schemes, RouteChecks routes, QueryLogs logs)
    : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var verifier in verifiers.All)
        {
            schemes.Get(verifier.Name);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // The routes are there only after the server was built.
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        await routes.CheckAsync().ConfigureAwait(false);
        logs.Check();
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
