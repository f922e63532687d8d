using System.Globalization;
using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.Cli.Tests.Support;
using Rescind.Comparison;

namespace Rescind.Cli.Tests;

/// <summary>A short run of every way, with a Redis and a PostgreSQL server of its own; three of them in a full run.</summary>
public sealed class CompareRun : IAsyncLifetime
{
    private static readonly int Runs = Environment.GetEnvironmentVariable("RESCIND_FULL") == "1" ? 3 : 1;

    internal List<ComparisonResult> Results { get; } = [];

    internal List<string> Said { get; } = [];

    internal string Html { get; private set; } = "";

    internal List<string> LeftBehind { get; } = [];

    public async ValueTask InitializeAsync()
    {
        using var folder = new Folder();
        await using var redis = await RedisServer.StartAsync();
        await using var postgres = await PostgresServer.CreateAsync();
        for (var run = 0; run < Runs; run++)
        {
            var report = Path.Combine(folder.Path, string.Create(CultureInfo.InvariantCulture, $"report-{run}.html"));
            var ended = (await Child.RunPatientlyAsync(
                ["compare", "--quick", "--json", "--html", report, "--redis", redis.Address, "--postgres",
                    postgres.ConnectionString],
                TimeSpan.FromMinutes(15), ("TMPDIR", folder.Path))).With(0);
            Results.Add(ComparisonJson.Read(ended.Out));
            Said.Add(ended.Out + ended.Error);
            Html = await File.ReadAllTextAsync(report);
        }

        LeftBehind.AddRange(Directory.EnumerateFileSystemEntries(folder.Path, "rescind-*"));
        if (await redis.AskAsync("DBSIZE") is not ":0" and var size)
        {
            LeftBehind.Add($"Redis {size}");
        }

        await postgres.ExecuteAsync("do $$ begin if exists (select 1 from pg_tables where tablename like 'rescind%') then "
            + "raise exception 'a table was left behind'; end if; end $$");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
