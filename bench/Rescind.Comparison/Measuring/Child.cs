using System.Diagnostics;
using System.Net.Sockets;
using Rescind.Comparison.Parts;

namespace Rescind.Comparison.Measuring;

/// <summary>A process that this run started; stopped with it.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Process _process;

    private Child(Process process) => _process = process;

    public double CpuUs
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalMicroseconds;
        }
    }

    public long MemoryBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>
    /// Starts the program again with <paramref name="arguments"/>, and waits until it answers at <paramref name="ready"/>.
    /// </summary>
    public static async Task<Child> StartAsync(
        IReadOnlyList<string> program, IEnumerable<string> arguments, Uri ready, PartSettings? part,
        CancellationToken cancellation)
    {
        // Their output is for nobody: what they have to say comes over HTTP. What they say when they fail is kept.
        var start = new ProcessStartInfo(program[0], [.. program.Skip(1), .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        if (part is not null)
        {
            start.Environment[PartSettings.Variable] = part.Write();
        }

        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["DOTNET_TieredPGO"] = "0";
        var child = new Child(Process.Start(start)!);
        var said = new LastWords();
        child._process.OutputDataReceived += static (_, _) => { };
        child._process.ErrorDataReceived += (_, line) => said.Keep(line.Data);
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        try
        {
            await child.UntilReadyAsync(ready, said, cancellation);
            return child;
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL: no code of it runs any more.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    public static Uri FreeUrl()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return new($"http://127.0.0.1:{((System.Net.IPEndPoint)listener.LocalEndpoint).Port}");
    }

    private async Task UntilReadyAsync(Uri ready, LastWords said, CancellationToken cancellation)
    {
        var time = TimeProvider.System;
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var began = time.GetTimestamp();
        while (!await IsReadyAsync(http, ready, cancellation))
        {
            if (_process.HasExited || time.GetElapsedTime(began) > Patience)
            {
                throw new ComparisonFailedException($"A process of the comparison did not start. {said}".TrimEnd());
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellation);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, Uri ready, CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync(ready, cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}

/// <summary>The first lines that a process wrote to standard error.</summary>
internal sealed class LastWords
{
    private const int Most = 3;
    private readonly List<string> _lines = [];

    public void Keep(string? line)
    {
        lock (_lines)
        {
            if (line is { Length: > 0 } && _lines.Count < Most)
            {
                _lines.Add(line);
            }
        }
    }

    public override string ToString()
    {
        lock (_lines)
        {
            return string.Join(' ', _lines);
        }
    }
}
