using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Rescind.Benchmarks.Cluster;

/// <summary>
/// PostgreSQL's own benchmark with the same statement for a rotation: what the server gives, whatever its client.
/// </summary>
internal sealed partial class PgBench(string connection, int clients, TimeSpan window) : IAsyncDisposable
{
    private const string Script =
        $"""
        \set id random(0, 63)
        update {OneStatementPerCall.Schema}.sessions set generation = generation + 1, refreshed = refreshed + 1 where id = :id;
        """;

    private readonly string _script = Path.GetTempFileName();

    /// <summary>Transactions a second of one run.</summary>
    public async Task<double> RunAsync()
    {
        await File.WriteAllTextAsync(_script, Script);
        var to = new NpgsqlConnectionStringBuilder(connection);
        using var run = Process.Start(new ProcessStartInfo(Program())
        {
            ArgumentList =
            {
                "-h", to.Host!, "-p", $"{to.Port}", "-U", to.Username!, "-n", "-M", "prepared", "-c", $"{clients}", "-j", "2",
                "-T", $"{Math.Ceiling(window.TotalSeconds)}", "-f", _script, to.Database!,
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (said, complained) = (run.StandardOutput.ReadToEndAsync(), run.StandardError.ReadToEndAsync());
        await run.WaitForExitAsync();
        if (run.ExitCode != 0)
        {
            throw new InvalidOperationException($"pgbench: {await complained}");
        }

        // It names no rate where nothing was done in time.
        var rate = Rate().Match(await said);
        return rate.Success ? double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    public ValueTask DisposeAsync()
    {
        File.Delete(_script);
        return default;
    }

    private static string Program() => Directory.GetDirectories("/usr/lib/postgresql").Order()
        .Select(version => Path.Combine(version, "bin", "pgbench")).Last(File.Exists);

    [GeneratedRegex(@"tps = ([0-9.]+)")]
    private static partial Regex Rate();
}
