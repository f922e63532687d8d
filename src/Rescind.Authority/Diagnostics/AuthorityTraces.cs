using System.Diagnostics;

namespace Rescind.Authority.Diagnostics;

/// <summary>
/// The activity source <c>Rescind.Authority</c>: what a request waits for between its arrival and its answer. Attributes come
/// from fixed small sets, as those of <see cref="AuthorityMetrics"/> do. Costs a look at a field while nobody listens.
/// </summary>
internal static class AuthorityTraces
{
    private static readonly ActivitySource Source = new(AuthorityMetrics.MeterName);

    /// <summary>Begins one; null while nobody listens.</summary>
    public static Activity? Begin(string name) => Source.StartActivity(name);

    /// <summary>A change on its way through the queue of the store and its commit.</summary>
    public static Task<T> CommitAsync<T>(Func<Task<T>> queue) =>
        Source.HasListeners() ? TracedAsync("rescind.store.commit", queue) : queue();

    private static async Task<T> TracedAsync<T>(string name, Func<Task<T>> work)
    {
        using var activity = Begin(name);
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            activity.Fail(e.GetType().Name);
            throw;
        }
    }

    /// <summary>Says that it failed, by the code of an error or the name of a type: never by a message.</summary>
    public static void Fail(this Activity? activity, string type) =>
        activity?.SetTag("error.type", type).SetStatus(ActivityStatusCode.Error);
}
