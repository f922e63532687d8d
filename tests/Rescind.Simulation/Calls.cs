using Rescind.Authority.Stores;

namespace Rescind.Simulation;

/// <summary>What a caller comes to know of a call.</summary>
internal enum CallEnd
{
    /// <summary>Nothing: the call, its answer or the node was lost on the way.</summary>
    Lost,

    /// <summary>That the node could not do it, or does not know whether it is done (503).</summary>
    Refused,

    Answered,
}

/// <summary>An answer, if one came.</summary>
internal sealed record Reply<T>(CallEnd End, T? Value);

/// <summary>
/// Calls of people and programs to a node. Each ends, in one way or another, and a call that has ended is not under way
/// any more: whoever repeats it is not overtaken by himself.
/// </summary>
internal sealed class Calls(World world)
{
    public double Loss { get; set; }

    public Task<Reply<T>> CallAsync<T>(Node node, Func<Node, Task<T>> call)
    {
        var done = new TaskCompletionSource<Reply<T>>();
        if (!node.IsUp || world.Chance.Of(Loss))
        {
            End(new(CallEnd.Lost, default));
            return done.Task;
        }

        node.Connect(HangUp);
        world.After(world.Chance.Milliseconds(0, 20), node.Machine, () => world.Run(async () =>
        {
            var reply = await AnswerAsync(node, call);
            node.Disconnect(HangUp);
            End(world.Chance.Of(Loss) ? new(CallEnd.Lost, default) : reply);
        }));
        return done.Task;

        void HangUp() => End(new(CallEnd.Lost, default));

        void End(Reply<T> reply) => world.After(world.Chance.Milliseconds(0, 20), null, () => done.TrySetResult(reply));
    }

    private async Task<Reply<T>> AnswerAsync<T>(Node node, Func<Node, Task<T>> call)
    {
        try
        {
            return new(CallEnd.Answered, await call(node));
        }
        catch (StoreUnavailableException e)
        {
            world.Note("refused", $"{node.Machine.Name}: {e.GetType().Name}");
            return new(CallEnd.Refused, default);
        }
    }
}
