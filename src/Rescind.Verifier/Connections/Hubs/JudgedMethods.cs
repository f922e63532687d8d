using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>
/// Stands behind every filter of the app, directly before the method: judges a call once more, because a filter may
/// have taken its time. Other hubs pass untouched.
/// </summary>
internal sealed class JudgedMethods : IHubFilter
{
    public JudgedMethods(IOptions<HubOptions> options) => options.Value.AddFilter(this);

    /// <summary>The options of one hub, whose own filters come after those of all hubs.</summary>
    public IOptions<HubOptions<THub>> Last<THub>(IOptions<HubOptions<THub>> options)
        where THub : Hub
    {
        options.Value.AddFilter(this);
        return options;
    }

    public ValueTask<object?> InvokeMethodAsync(
        HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        LiveHub.Of(invocationContext.Context)?.Judge();
        return next(invocationContext);
    }

    public Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        LiveHub.Of(context.Context)?.JudgeBeginning();
        return next(context);
    }
}
