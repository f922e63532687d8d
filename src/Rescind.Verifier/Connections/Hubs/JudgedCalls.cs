using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>
/// Stands before every filter of the app. Judges a call of a watched hub when it begins, and each item of its streams
/// when it is taken: SignalR keeps calls and items that have come for a while before anybody sees them. What the hub
/// streams goes as fast as its client takes it. Other hubs pass untouched.
/// </summary>
internal sealed class JudgedCalls : IHubFilter
{
    private readonly ConcurrentDictionary<Type, HubStreams?> _byType = new();

    public async ValueTask<object?> InvokeMethodAsync(
        HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        if (LiveHub.Of(invocationContext.Context) is not { } hub)
        {
            return await next(invocationContext).ConfigureAwait(false);
        }

        hub.Judge();
        HoldStreams(invocationContext, hub);
        var result = await next(invocationContext).ConfigureAwait(false);
        return result is not null && Of(ResultOf(invocationContext.HubMethod.ReturnType)) is { } streams
            ? streams.Hold(result, () => hub.IsCaughtUp, hub.CaughtUpAsync)
            : result;
    }

    public Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        LiveHub.Of(context.Context)?.JudgeBeginning();
        return next(context);
    }

    // In place: a context made anew finds its method by another name than the hub gave it.
    private void HoldStreams(HubInvocationContext call, LiveHub hub)
    {
        var parameters = call.HubMethod.GetParameters();
        for (var i = 0; i < parameters.Length && i < call.HubMethodArguments.Count; i++)
        {
            // A class that only happens to be a sequence is no stream to SignalR.
            if (call.HubMethodArguments[i] is { } argument && parameters[i].ParameterType is { IsAbstract: true } type
                && Of(type) is { } streams)
            {
                ((object?[])call.HubMethodArguments)[i] = streams.Hold(argument, () => hub.IsOpen, hub.OpenAsync);
            }
        }
    }

    private static Type ResultOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() is var open
        && (open == typeof(Task<>) || open == typeof(ValueTask<>))
            ? type.GenericTypeArguments[0]
            : type;

    private HubStreams? Of(Type type) => _byType.GetOrAdd(type, HubStreams.Of);
}
