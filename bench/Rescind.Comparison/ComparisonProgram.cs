using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Rescind.Comparison.Parts;
using Rescind.Comparison.Reporting;
using Rescind.Comparison.Ways;

namespace Rescind.Comparison;

/// <summary>
/// The program behind <c>rescind compare</c>: what to do comes from the environment, progress goes to standard error, and
/// one document to
/// standard output. It ends when its standard input does, so that it never outlives whoever asked.
/// </summary>
internal static class ComparisonProgram
{
    private const string OptionsVariable = "RESCIND_COMPARE_OPTIONS";
    private const string PartWord = "part";

    /// <summary>What starts a process of the comparison: this program once more.</summary>
    public static IReadOnlyList<string> PartCommand { get; } =
        [Environment.ProcessPath ?? "dotnet", Assembly.GetExecutingAssembly().Location, PartWord];

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is [PartWord])
        {
            var settings = PartSettings.Read();
            await (settings.IsIssuer
                ? IssuerPart.RunAsync(settings, CancellationToken.None)
                : AppPart.RunAsync(settings, WayKinds.Of(settings.Way).Create(settings), CancellationToken.None));
            return 0;
        }

        using var stop = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, stop));
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, stop));
        _ = UntilInputEndsAsync(stop);
        return await MeasureAsync(stop.Token);
    }

    private static async Task<int> MeasureAsync(CancellationToken cancellationToken)
    {
        try
        {
            var options = JsonSerializer.Deserialize<ComparisonOptions>(
                Environment.GetEnvironmentVariable(OptionsVariable) ?? throw new ComparisonFailedException(
                    $"{OptionsVariable} is not set.", "Run `rescind compare`."))!;
            var result = await ComparisonRun.RunAsync(options, Console.Error.WriteLine, cancellationToken);
            Console.Out.WriteLine(ComparisonJson.Write(
                new Told { Result = result, Tables = ResultTable.AllOf(result), Html = Report.Write(result) }));
            return 0;
        }
        catch (ComparisonFailedException e)
        {
            Console.Out.WriteLine(ComparisonJson.Write(
                new Told { Message = e.Message, Next = e.Next, IsUnavailable = e.IsUnavailable }));
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }

    private static void Stop(PosixSignalContext signal, CancellationTokenSource stop)
    {
        signal.Cancel = true;
        stop.Cancel();
    }

    private static async Task UntilInputEndsAsync(CancellationTokenSource stop)
    {
        await using var input = Console.OpenStandardInput();
        while (await input.ReadAsync(new byte[1]) > 0)
        {
        }

        await stop.CancelAsync();
    }
}

/// <summary>What a run has to say: a result and what shows it, or why there is none.</summary>
internal sealed record Told
{
    public ComparisonResult? Result { get; init; }

    public IReadOnlyList<ResultTable> Tables { get; init; } = [];

    public string? Html { get; init; }

    public string? Message { get; init; }

    public string? Next { get; init; }

    public bool IsUnavailable { get; init; }
}
