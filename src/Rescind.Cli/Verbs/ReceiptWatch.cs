using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// Shows a receipt arriving: each live verifier as soon as its acknowledged position has reached the revocation's. The
/// times count from the Authority's acknowledgement to when this program saw it, so they are upper bounds.
/// </summary>
internal sealed class ReceiptWatch(VerbCall call, AuthorityClient authority, long acknowledged)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(25);

    public async Task ShowAsync(long position, TimeSpan wait)
    {
        var confirmed = new HashSet<string>();
        while (true)
        {
            var verifiers = await ReadAsync();
            if (verifiers is null)
            {
                return;
            }

            var elapsed = call.Time.GetElapsedTime(acknowledged);
            var behind = new List<JsonObject>();
            foreach (var verifier in verifiers)
            {
                if (verifier.Number("position") < position)
                {
                    behind.Add(verifier);
                }
                else if (confirmed.Add($"{verifier["client_id"]} {verifier["instance"]}"))
                {
                    call.Screen.Line(
                        $"  [green]✓[/]  {Views.Text(verifier["name"])}  [grey]{Views.Text(verifier["instance"])}[/] "
                            + $" {TimeText.Length(elapsed)}");
                }
            }

            if (behind.Count == 0 || elapsed >= wait)
            {
                Conclude(verifiers.Count, behind, elapsed);
                return;
            }

            await Task.Delay(Pace, call.Time, call.Cancellation);
        }
    }

    // Null if this client may not see the verifiers: the revocation stands all the same.
    private async Task<IReadOnlyList<JsonObject>?> ReadAsync()
    {
        try
        {
            var answer = await authority.ReadVerifiersAsync();
            return [.. answer.Items("verifiers").Where(verifier => verifier["state"].AsText() is not "gone")];
        }
        catch (VerbFailure failure) when (failure.Exit is ExitCode.NotAllowed)
        {
            Screen.Note("This client may not list the verifiers (scope feed); --json shows the Authority's own receipt.");
            return null;
        }
    }

    private void Conclude(int count, List<JsonObject> behind, TimeSpan elapsed)
    {
        foreach (var verifier in behind)
        {
            call.Screen.Line(
                $"  [yellow]…[/]  {Views.Text(verifier["name"])}  [grey]{Views.Text(verifier["instance"])}[/]  silent; "
                + "refuses by "
                    + $"itself within its bound of {Views.Text(verifier["bound"])} s");
        }

        call.Screen.Line(count == 0
            ? "No verifier follows the log now; one that starts will have it before it is ready."
            : $"In force at [bold]{count - behind.Count}/{count}[/] verifiers after {TimeText.Length(elapsed)}.");
    }
}
