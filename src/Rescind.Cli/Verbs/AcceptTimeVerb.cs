using Rescind.Authority;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind accept-time</c>: lets an Authority that is stopped go on at the present time, though its log was written
/// by a clock that was ahead.
/// </summary>
internal static class AcceptTimeVerb
{
    public static Command Create()
    {
        const string About =
            "Let a stopped Authority go on at the present time where its log is ahead of the clock: begins a new "
            + "epoch, and ends nothing.";
        return new Command("accept-time", About) { ConnectionOptions.Data }.Calls(async call =>
        {
            var folder = call.Parsed.GetValue(ConnectionOptions.Data) ?? ConnectionOptions.DefaultFolder;
            Show(call, await AcceptAsync(folder, call.Cancellation));
        });
    }

    private static async Task<AcceptedTime> AcceptAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            return await BreakGlass.AcceptTimeAsync(folder, $"local:{Environment.UserName}", cancellationToken);
        }
        catch (InvalidOperationException e)
        {
            throw VerbFailure.Of(ExitCode.Refused, e);
        }
    }

    private static void Show(VerbCall call, AcceptedTime accepted)
    {
        var (time, log) = (Instants.WholeSeconds(accepted.Time), Instants.WholeSeconds(accepted.LogTime));
        call.Show(new JsonObject { ["epoch"] = accepted.Epoch, ["time"] = time, ["log_time"] = log }, () =>
        {
            call.Screen.Line($"ACCEPTED {time}; the log had reached {log}. A new epoch has begun: {accepted.Epoch}");
            call.Screen.Line("Nobody is logged out. What was dated later than now is dated now.");
            call.Screen.Line("A verifier that runs keeps what it was told beside the new log; one that is restarted has the new "
                + "dates at once.");
        });
    }
}
