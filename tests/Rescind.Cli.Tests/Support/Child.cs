using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace Rescind.Cli.Tests.Support;

/// <summary>How a run ended, and what it wrote.</summary>
internal sealed record Ended(int Code, string Out, string Error)
{
    public JsonObject Json => JsonNode.Parse(Out)!.AsObject();

    public IReadOnlyList<JsonObject> JsonLines =>
        [.. Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())];

    /// <summary>Fails with everything that was written unless the exit code is <paramref name="code"/>.</summary>
    public Ended With(int code)
    {
        Code.ShouldBe(code, $"out: {Out}\nerror: {Error}");
        return this;
    }
}

/// <summary>A program of ours as a process of its own, its output piped; killed when disposed.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly string[] OwnSettings =
        ["RESCIND_AUTHORITY", "RESCIND_CLIENT_ID", "RESCIND_CLIENT_SECRET", "NO_COLOR"];

    private readonly Process _process;
    private readonly StringBuilder _out = new();
    private readonly StringBuilder _error = new();

    private Child(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_out, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Out => Read(_out);

    public string Error => Read(_error);

    public bool HasExited => _process.HasExited;

    /// <summary>Starts the program at a terminal, as a person does; what the terminal shows is its output.</summary>
    public static Child StartAtTerminal(IEnumerable<string> arguments)
    {
        var line = string.Join(' ', new[] { "dotnet", Places.Program }.Concat(arguments).Select(word => $"'{word}'"));
        return Start(new ProcessStartInfo("script", ["-q", "-e", "-c", line, "/dev/null"]), null);
    }

    /// <summary>Starts a tool of the machine.</summary>
    public static Child StartTool(string tool, IEnumerable<string> arguments, string folder) =>
        Start(new ProcessStartInfo(tool, arguments), folder);

    /// <summary>
    /// Starts a built program; <paramref name="settings"/> are its environment beside what every process has.
    /// </summary>
    public static Child Start(
        string program, IEnumerable<string> arguments, string? folder = null, params (string Name, string Value)[] settings) =>
        Start(new ProcessStartInfo("dotnet", [program, .. arguments]), folder, settings);

    private static Child Start(ProcessStartInfo start, string? folder, params (string Name, string Value)[] settings)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.WorkingDirectory = folder ?? Path.GetTempPath();
        foreach (var name in OwnSettings)
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return new(start);
    }

    /// <summary>Runs the program to its end with <paramref name="input"/> as standard input.</summary>
    public static async Task<Ended> RunAsync(string[] arguments, string input = "", string? folder = null, params (string Name,
        string Value)[] settings)
    {
        await using var child = Start(Places.Program, arguments, folder, settings);
        return await child.EndAsync(input);
    }

    /// <summary>The same for a run that takes minutes.</summary>
    public static async Task<Ended> RunPatientlyAsync(
        string[] arguments, TimeSpan patience, params (string Name, string Value)[] settings)
    {
        await using var child = Start(Places.Program, arguments, null, settings);
        return await child.EndAsync("", patience);
    }

    public async Task<Ended> EndAsync(string input = "", TimeSpan? most = null)
    {
        try
        {
            await _process.StandardInput.WriteAsync(input);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading.
        }

        using var patience = new CancellationTokenSource(most ?? Patience);
        await _process.WaitForExitAsync(patience.Token);
        return new(_process.ExitCode, Out, Error);
    }

    /// <summary>Sends a signal as a supervisor or a terminal would.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits until <paramref name="holds"/>; fails with the output if the process ends first.</summary>
    public async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds())
        {
            (HasExited || patience.IsCancellationRequested).ShouldBeFalse($"out: {Out}\nerror: {Error}");
            await Task.Delay(20);
        }
    }

    public Task UntilReadyAsync(string url) => UntilAsync(async () =>
    {
        using var http = new HttpClient();
        try
        {
            using var answer = await http.GetAsync(new Uri(url));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    });

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static void Keep(StringBuilder to, string? line)
    {
        lock (to)
        {
            _ = line is null ? to : to.Append(line).Append('\n');
        }
    }

    private static string Read(StringBuilder from)
    {
        lock (from)
        {
            return from.ToString();
        }
    }
}
