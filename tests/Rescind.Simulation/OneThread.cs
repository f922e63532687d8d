namespace Rescind.Simulation;

/// <summary>
/// The one thread of a run. The product continues wherever the runtime likes: at once, where a task is completed, or in
/// the thread pool, which no context and no scheduler can prevent (<c>ConfigureAwait(false)</c>). So the pool of this
/// process has one thread (the project file says so), the world runs on it, and what is queued there runs when the
/// world gives way, in the order in which it was queued. Whoever is on that thread and finds the queue empty knows that
/// everything waits for something that only the world can do.
/// </summary>
internal static class OneThread
{
    /// <summary>Runs <paramref name="work"/> on the thread; whoever waits for it is elsewhere, or gives way.</summary>
    public static Task RunAsync(Func<Task> work)
    {
        ThreadPool.GetMaxThreads(out var threads, out _);
        threads.ShouldBe(1, "A run is only the same again where the thread pool has one thread.");
        return Task.Run(work);
    }

    /// <summary>Completes once nothing is queued: then everything waits.</summary>
    public static async ValueTask GiveWayAsync()
    {
        while (ThreadPool.PendingWorkItemCount > 0)
        {
            var turn = new TaskCompletionSource();
            ThreadPool.UnsafeQueueUserWorkItem(static turn => turn.SetResult(), turn, preferLocal: false);
            await turn.Task;
        }
    }
}
