using Rescind.Cli.Demo;

namespace Rescind.Cli.Verbs;

/// <summary><c>rescind demo</c>: the whole story on one machine, with real processes; every line is asserted.</summary>
internal static class DemoVerb
{
    public static Command Create() =>
        new Command("demo", "Watch tokens being taken back: an Authority and two APIs on this machine, for half a minute.")
            .Calls(RunAsync);

    private static async Task<ExitCode> RunAsync(VerbCall call)
    {
        var reporter = new DemoReporter(call.Screen, call.Time, call.Cancellation);
        await using (var processes = new DemoProcesses(call.Time, call.Cancellation))
        {
            await reporter.ReportAsync(() => new DemoScenario(processes, reporter, call.Time, call.Cancellation).RunAsync());
        }

        return reporter.End();
    }
}
