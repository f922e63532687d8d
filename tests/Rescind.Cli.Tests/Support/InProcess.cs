namespace Rescind.Cli.Tests.Support;

/// <summary>
/// Runs the program in this process, with an environment and pipes of its own: for whatever is not about the process
/// itself. Starting one takes longer than most verbs.
/// </summary>
internal static class InProcess
{
    /// <summary>
    /// Runs it to its end with <paramref name="input"/> as standard input and nothing but <paramref name="settings"/> set.
    /// </summary>
    public static async Task<Ended> RunAsync(string[] arguments, string input = "", params (string Name, string Value)[] settings)
    {
        using var standardInput = new StringReader(input);
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var pipes = new Pipes(
            settings.ToDictionary(setting => setting.Name, setting => setting.Value), standardInput,
            TextWriter.Synchronized(output),
            TextWriter.Synchronized(error));
        var code = await Surroundings.RunPipedAsync(pipes, () => CommandLine.RunAsync(arguments));
        return new(code, output.ToString(), error.ToString());
    }
}
