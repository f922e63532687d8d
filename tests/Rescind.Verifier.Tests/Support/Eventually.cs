using System.Globalization;

namespace Rescind.Verifier.Tests.Support;

/// <summary>Waits for what must come to be, generously: these tests are about whether, not how soon.</summary>
internal static class Eventually
{
    // Whoever tries deliberate faults waits in vain for many things, and says for how long.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(
        int.TryParse(
            Environment.GetEnvironmentVariable("RESCIND_PATIENCE"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var seconds)
            ? seconds : 120);

    public static Task Async(Func<bool> condition) => Async(() => Task.FromResult(condition()));

    public static async Task Async(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
