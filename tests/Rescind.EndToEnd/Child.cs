using System.Diagnostics;
using System.Text;

namespace Rescind.EndToEnd;

/// <summary>
/// A process of our own making, on loopback; its output is kept for the message of a failure. Killed when disposed.
/// </summary>
internal sealed class Child : IAsyncDisposable
{
    /// <summary>
    /// The collection of every test that starts processes: the limits are in wall time, and a machine may have two cores.
    /// </summary>
    public const string OneSystemAtATime = "one system at a time";

    /// <summary>Has a program of .NET hold what it needs, and not what the machine can spare: it collects each 8 MB.</summary>
    public static readonly (string Name, string Value) SmallHeap = ("DOTNET_GCgen0size", "0x800000");

    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private Child(Process process) => _process = process;

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static Child Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var child = new Child(new Process { StartInfo = start });
        child._process.OutputDataReceived += child.Keep;
        child._process.ErrorDataReceived += child.Keep;
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>SIGKILL: no shutdown code runs.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
    }

    /// <summary>Sends a signal: TERM, as a supervisor would.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public async Task SignalAndWaitAsync(string signal)
    {
        await SignalAsync(signal);
        await EndAsync();
    }

    /// <summary>Its exit code, when it has ended and said everything.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public bool HasExited => _process.HasExited;

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            _output.AppendLine(line.Data);
        }
    }
}
