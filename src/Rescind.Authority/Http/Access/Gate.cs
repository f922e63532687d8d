using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Access;

/// <summary>
/// What every request passes before and after its endpoint: the development guard, whether the Authority has started,
/// access, and the answer to whatever fails. It wraps the whole endpoint, binding and the writing of the result included.
/// </summary>
internal sealed class Gate(DevelopmentGuard guard, StartupState startup, ILogger<Gate> logger)
{
    /// <summary>Puts the gate before an endpoint; throws if the endpoint does not say who may call it.</summary>
    public void Install(EndpointBuilder endpoint)
    {
        var required = endpoint.Metadata.OfType<RouteAccess>().LastOrDefault() is { Kind: not AccessKind.None } declared
            ? declared
            : throw Errors.RouteWithoutAccess.ToException($"It is {endpoint.DisplayName}.");
        var next = endpoint.RequestDelegate ?? throw new InvalidOperationException($"{endpoint.DisplayName} has no delegate.");
        var servedBeforeStart = endpoint.Metadata.OfType<ServedBeforeStart>().Any();
        var crossesOrigins = endpoint.Metadata.OfType<CrossOrigin>().Any();
        HostMiddleware.Instruct(endpoint);
        endpoint.RequestDelegate = context => PassAsync(context, required, servedBeforeStart, crossesOrigins, next);
    }

    private async Task PassAsync(
        HttpContext context, RouteAccess required, bool servedBeforeStart, bool crossesOrigins, RequestDelegate next)
    {
        var speaksOAuth = required.IsInBody;
        HostMiddleware.Prepare(context, required);
        try
        {
            if ((guard.Authorize(context)
                ?? (servedBeforeStart || startup.IsStarted ? null : Failures.NotStarted())) is { } early)
            {
                await Failures.Answer(early, speaksOAuth).ExecuteAsync(context).ConfigureAwait(false);
                return;
            }

            if (crossesOrigins)
            {
                // Also on what is refused, and not lost when an answer is begun again.
                context.Response.OnStarting(() => ApplyCrossOrigin(context));
            }

            var refusal = await AuthorizeAsync(context, required).ConfigureAwait(false);
            await (refusal is null ? next(context) : Failures.Answer(refusal, speaksOAuth).ExecuteAsync(context))
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested
            && HostMiddleware.HasTimedOut(context))
        {
            context.RequestAborted = CancellationToken.None;
            await AnswerFailureAsync(context, Failures.TimedOut(), speaksOAuth).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException
            && context.RequestAborted.IsCancellationRequested)
        {
            // The caller left: there is nobody to answer and nothing to report.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            Report(context, e);
            await AnswerFailureAsync(context, Failures.Of(e), speaksOAuth, isLast: e is BadHttpRequestException)
                .ConfigureAwait(false);
        }
    }

    private static Task AnswerFailureAsync(HttpContext context, Refusal refusal, bool speaksOAuth, bool isLast = false)
    {
        if (context.Response.HasStarted)
        {
            return Task.CompletedTask;
        }

        context.Response.Clear();
        if (isLast)
        {
            LastOfConnection.Say(context.Response);
        }

        return Failures.Answer(refusal, speaksOAuth).ExecuteAsync(context);
    }

    // Resolved when it is needed, because it needs the store, which is open only after the start. A node that may have
    // missed a revocation judges nobody, and what another node acknowledged before the request came is known here first.
    private static async ValueTask<Problem?> AuthorizeAsync(HttpContext context, RouteAccess required)
    {
        if (required.Kind is AccessKind.Anonymous)
        {
            return null;
        }

        if (required.IsBearer && context.GetEndpoint()?.Metadata.GetMetadata<SaysItsAge>() is null)
        {
            await context.Service<LogFollower>().RequireCurrentAsync(context.RequestAborted).ConfigureAwait(false);
        }

        return context.Service<AccessControl>().Authorize(context, required);
    }

    private static Task ApplyCrossOrigin(HttpContext context)
    {
        context.Service<CrossOriginHeaders>().Apply(context);
        return Task.CompletedTask;
    }

    private void Report(HttpContext context, Exception failure)
    {
        if (failure is StoreUnavailableException)
        {
            AuthorityLog.StoreUnavailable(logger, failure.Message, context.TraceIdentifier);
        }
        else if (failure is not (BadHttpRequestException or ClaimsRefusedException))
        {
            AuthorityLog.RequestFailed(logger, failure, context.TraceIdentifier);
        }
    }
}

/// <summary>Metadata of the few routes that answer before the Authority has started.</summary>
internal sealed class ServedBeforeStart;

/// <summary>Metadata of the routes whose answers say how old what this node knows is: they are given however old it is.</summary>
internal sealed class SaysItsAge;
