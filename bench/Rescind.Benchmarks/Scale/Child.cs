using System.Diagnostics;
using System.Text.Json;

namespace Rescind.Benchmarks.Scale;

/// <summary>
/// A part of a round in a process of its own, so that its memory is its own. It says lines of JSON, and is asked by lines.
/// </summary>
internal sealed class Child : IAsyncDisposable
{
    private readonly Process _process;

    private Child(Process process) => _process = process;

    public static Child Start(string program, params IEnumerable<string> arguments) =>
        new(Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!);

    /// <summary>This program again, as another part.</summary>
    public static Child StartSelf(params IEnumerable<string> arguments) => Start(Environment.ProcessPath!, arguments);

    public async Task<JsonElement> HearAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync();
        return JsonSerializer.Deserialize<JsonElement>(
            line ?? throw new InvalidOperationException("A part of the round failed."));
    }

    public async Task<JsonElement> AskAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
        return await HearAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
