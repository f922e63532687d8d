namespace Rescind.Cli;

/// <summary>
/// The variables and streams of a run: those of the process, unless the run was given its own with
/// <see cref="RunPipedAsync"/>. Many such runs go side by side in one process.
/// </summary>
internal static class Surroundings
{
    private static readonly AsyncLocal<Pipes?> Piped = new();

    public static TextReader In => Piped.Value?.In ?? Console.In;

    public static TextWriter Out => Piped.Value?.Out ?? Console.Out;

    public static TextWriter Error => Piped.Value?.Error ?? Console.Error;

    public static bool IsInputRedirected => Piped.Value is not null || Console.IsInputRedirected;

    public static bool IsOutputRedirected => Piped.Value is not null || Console.IsOutputRedirected;

    public static bool IsErrorRedirected => Piped.Value is not null || Console.IsErrorRedirected;

    public static string? Variable(string name) =>
        Piped.Value is { } pipes ? pipes.Variables.GetValueOrDefault(name) : Environment.GetEnvironmentVariable(name);

    /// <summary>Runs with <paramref name="pipes"/> in place of what the process has.</summary>
    public static async Task<int> RunPipedAsync(Pipes pipes, Func<Task<int>> run)
    {
        Piped.Value = pipes;
        return await run();
    }
}

/// <summary>What a process would have that a program starts: its environment and its pipes.</summary>
internal sealed record Pipes(IReadOnlyDictionary<string, string> Variables, TextReader In, TextWriter Out, TextWriter Error);
