using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Rescind.Authority;
using Rescind.Authority.Stores.Sqlite;

namespace Rescind.Benchmarks.Scale;

/// <summary>
/// A snapshot of few and of very many entries over HTTP, Authority and verifiers in a process each: by how much each process
/// grows at most while it is sent or taken, what the verifier keeps of it, and how long a new verifier takes until it is ready.
/// </summary>
internal static class SnapshotRounds
{
    private const double Megabyte = 1024 * 1024;

    private static readonly string NodeVerifier = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "../../../../node/scale-start.mjs"));

    public static async Task RunAsync(IEnumerable<int> sizes, int rounds)
    {
        Console.WriteLine(
            "| entries | sent, MB | in, s | Authority larger by at most, MB | allocated a KB sent, KB |\n|---|---|---|---|---|");
        var verifiers = new List<string>();
        foreach (var size in sizes)
        {
            var folder = Directory.CreateTempSubdirectory("rescind-scale-").FullName;
            try
            {
                var (id, secret) = await FillAsync(folder, size);
                await using var authority = Child.StartSelf(ScaleRounds.AuthorityPart, folder);
                var started = await authority.HearAsync();
                var url = started.GetProperty("url").GetString()!;
                await SendAsync(authority, url, id, secret, size, rounds);
                verifiers.Add($"| {size:N0} | .NET | "
                    + await StartAsync(() => Child.StartSelf(ScaleRounds.VerifierPart, url, id, secret), rounds));
                verifiers.Add($"| {size:N0} | Node | "
                    + await StartAsync(() => Child.Start("node", "--expose-gc", NodeVerifier, url, id, secret), rounds));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        Console.WriteLine("\n| entries | verifier | ready in, s | larger by at most, MB | keeps, MB |\n|---|---|---|---|---|");
        verifiers.ForEach(Console.WriteLine);
    }

    // Started once, so that it has keys and a first client.
    private static async Task<(string Id, string Secret)> FillAsync(string folder, int size)
    {
        await using (var first = AuthorityServer.Create(
            new() { Urls = "http://127.0.0.1:0", Data = folder, Issuer = KnownFollowers.Issuer },
            static builder => builder.Logging.ClearProviders()))
        {
            await first.StartAsync();
            await first.StopAsync();
        }

        using var connection = new SqliteConnection(
            $"Data Source={Path.Combine(folder, SqliteStoreOptions.DefaultFileName)};Pooling=False");
        connection.Open();
        using var fill = connection.CreateCommand();
        fill.CommandTimeout = 0;
        fill.CommandText = $"""
            pragma synchronous = off;
            insert into states (issuer, match_kind, name, value, position, at, end_by, end_before, renew_by, renew_before,
                    reauthenticate_by, reauthenticate_before, block_by, block_until, remember_until)
                with recursive n(i) as (select 1 union all select i + 1 from n where i < {size})
                select (select issuer from head), {(int)MatchKind.Session}, '', 'session-' || i, i, 1, i, 0, 0, 0, 0, 0, 0, 0,
                    {DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 86400} from n;
            pragma wal_checkpoint(truncate)
            """;
        fill.ExecuteNonQuery();
        var admin = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(folder, "admin.json")));
        return (admin.GetProperty("client_id").GetString()!, admin.GetProperty("client_secret").GetString()!);
    }

    private static async Task SendAsync(Child authority, string url, string id, string secret, int size, int rounds)
    {
        using var http = new HttpClient { BaseAddress = new(url) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", await TokenAsync(http, id, secret));
        await ReadAsync(http);
        var (bytes, seconds, peaks, allocated) = (0L, new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            await authority.AskAsync("begin");
            var clock = Stopwatch.StartNew();
            bytes = await ReadAsync(http);
            seconds.Add(clock.Elapsed.TotalSeconds);
            var memory = await authority.AskAsync("end");
            peaks.Add(memory.GetProperty("Peak").GetInt64() / Megabyte);
            allocated.Add(memory.GetProperty("Allocated").GetInt64() / (double)bytes);
        }

        Console.WriteLine(
            $"| {size:N0} | {bytes / Megabyte:N1} | {new Samples(seconds).Spread("0.00")} | {new Samples(peaks).Spread("0")} "
                + $"| {new Samples(allocated).Spread("0.0")} |");
    }

    private static async Task<string> TokenAsync(HttpClient http, string id, string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/token");
        request.Content = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("scope", "feed")]);
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(
                System.Text.Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret)}")));
        using var answer = await http.SendAsync(request);
        return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty("access_token")
            .GetString()!;
    }

    private static async Task<long> ReadAsync(HttpClient http)
    {
        await using var body = await http.GetStreamAsync("/v1/feed/snapshot");
        var (buffer, length) = (new byte[64 * 1024], 0L);
        for (int read; (read = await body.ReadAsync(buffer)) > 0;)
        {
            length += read;
        }

        return length;
    }

    private static async Task<string> StartAsync(Func<Child> start, int rounds)
    {
        var (seconds, peaks, kept) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            await using var verifier = start();
            var said = await verifier.HearAsync();
            seconds.Add(said.GetProperty("seconds").GetDouble());
            peaks.Add(said.GetProperty("Peak").GetInt64() / Megabyte);
            kept.Add(said.GetProperty("Live").GetInt64() / Megabyte);
        }

        return $"{new Samples(seconds).Spread("0.00")} | {new Samples(peaks).Spread("0")} | {new Samples(kept).Spread("0")} |";
    }
}
