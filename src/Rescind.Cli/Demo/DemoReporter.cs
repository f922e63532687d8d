using Rescind.Cli.Output;

namespace Rescind.Cli.Demo;

/// <summary>A line of the scenario does not hold.</summary>
internal sealed class DemoFailedException(string message) : Exception(message);

/// <summary>
/// Reports the scenario line by line as it comes true, with the time each line took; stops at the first that does not.
/// </summary>
internal sealed class DemoReporter(Screen screen, TimeProvider time, CancellationToken cancellationToken)
{
    private const int TextWidth = 78;
    private string _scene = "";
    private int _passed;
    private int _failed;

    public void Scene(string title)
    {
        _scene = title;
        if (!screen.IsJson)
        {
            screen.Line($"\n[bold]{Screen.Plain(title)}[/]");
        }
    }

    /// <summary>
    /// Does what a line says; it holds unless <paramref name="act"/> throws. What it returns is shown: never a token.
    /// </summary>
    public async Task DetailedLineAsync(string text, Func<Task<string?>> act)
    {
        var began = time.GetTimestamp();
        try
        {
            var detail = await act();
            _passed++;
            Show(text, detail, time.GetElapsedTime(began), isTrue: true);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is (DemoFailedException or VerbFailure or HttpRequestException or TaskCanceledException))
        {
            _failed++;
            Show(text, e.Message, time.GetElapsedTime(began), isTrue: false);
            throw new DemoFailedException(e.Message);
        }
    }

    /// <summary>The same for a line that has nothing to add.</summary>
    public Task LineAsync(string text, Func<Task> act) => DetailedLineAsync(text, async () =>
    {
        await act();
        return null;
    });

    /// <summary>Runs the scenario to its end, or to the first line that does not hold; throws if it is interrupted.</summary>
    public async Task ReportAsync(Func<Task> scenario)
    {
        try
        {
            await scenario();
        }
        catch (Exception e) when (e is DemoFailedException || cancellationToken.IsCancellationRequested)
        {
            // What is untrue was shown where it happened; and when a terminal interrupts everybody, anything can fail first.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public ExitCode End()
    {
        if (screen.IsJson)
        {
            Screen.Document(new JsonObject { ["passed"] = _passed, ["failed"] = _failed });
        }
        else
        {
            screen.Line($"\n{_passed} passed, {_failed} failed");
        }

        return _failed == 0 && _passed > 0 ? ExitCode.Ok : ExitCode.Refused;
    }

    private void Show(string text, string? detail, TimeSpan took, bool isTrue)
    {
        if (screen.IsJson)
        {
            Screen.Document(new JsonObject
            {
                ["scene"] = _scene, ["line"] = text, ["detail"] = detail, ["ok"] = isTrue, ["ms"] = (long)took.TotalMilliseconds,
            });
            return;
        }

        var line = detail is null ? text : $"{text}: {detail}";
        screen.Line($"  {(isTrue ? "[green]✓[/]" : "[red]✗[/]")}  {Screen.Plain(line).PadRight(TextWidth)} "
            + $"[dim]{TimeText.Length(took)}[/]");
    }
}
