using System.Diagnostics;
using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Comparing;

/// <summary>
/// The program that measures, as a process: it brings an ORM, an OAuth server and a Redis client, which nothing else here
/// needs. It
/// cleans up and ends when its standard input does.
/// </summary>
internal sealed class ComparisonProcess(TimeProvider time, CancellationToken cancellation)
{
    private const string PathVariable = "RESCIND_COMPARISON";
    private const string OptionsVariable = "RESCIND_COMPARE_OPTIONS";
    private const string FileName = "Rescind.Comparison.dll";
    private static readonly TimeSpan ToCleanUp = TimeSpan.FromSeconds(12);

    /// <summary>Measures, showing the progress on standard error. The answer has a result, or says why there is none.</summary>
    public async Task<JsonObject> RunAsync(JsonObject options)
    {
        var start = new ProcessStartInfo("dotnet", [Find()])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment[OptionsVariable] = options.ToJsonString();
        using var process = Process.Start(start)!;
        var (began, last) = (time.GetTimestamp(), "");
        var progress = ReadLinesAsync(process.StandardError, line =>
        {
            last = line;
            Screen.Note($"{time.GetElapsedTime(began).TotalSeconds,4:0} s  {line}");
        });
        var said = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await EndAsync(process);
        await progress;
        return Answers.TryParse(await said)
            ?? throw new VerbFailure(ExitCode.Refused, $"The comparison ended without a result. {last}".TrimEnd());
    }

    private async Task EndAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.StandardInput.Close();
            using var late = new CancellationTokenSource(ToCleanUp, time);
            try
            {
                await process.WaitForExitAsync(late.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }

            throw;
        }
    }

    private static async Task ReadLinesAsync(StreamReader reader, Action<string> take)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            take(line);
        }
    }

    // Named, beside this program, or where a clone builds it.
    private static string Find()
    {
        var named = Surroundings.Variable(PathVariable);
        var places = new List<string> { named ?? Path.Combine(AppContext.BaseDirectory, "comparison", FileName) };
        var folder = named is null ? new DirectoryInfo(AppContext.BaseDirectory) : null;
        for (; folder is not null; folder = folder.Parent)
        {
            places.Add(Path.Combine(folder.FullName, "bench", "Rescind.Comparison", "bin", "Release", "net10.0", FileName));
        }

        return places.Find(File.Exists) ?? throw new VerbFailure(
            ExitCode.Usage, "The comparison is a program of its own, and it is not here.",
            next: $"In a clone run ./rescind compare, or dotnet build -c Release bench/Rescind.Comparison; "
                + $"elsewhere name {FileName} with {PathVariable}.");
    }
}
