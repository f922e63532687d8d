using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Rescind.Authority.PostgreSql.Tests.Support;

/// <summary>A PostgreSQL server of this test run alone: in a temporary folder, on a free port of the loopback.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Memory = "/dev/shm";
    private const long LargeEnough = 4L << 30;

    private static readonly bool IsRoot = Environment.UserName == "root";
    private static int _servers;

    // In memory where it has room: many schemas are created, and no test is about the disk.
    private readonly string _folder = Directory.Exists(Memory) && new DriveInfo(Memory).AvailableFreeSpace > LargeEnough
        ? Directory.CreateDirectory(
            $"{Memory}/rescind-postgres-{Environment.ProcessId}-{Interlocked.Increment(ref _servers)}").FullName
        : Directory.CreateTempSubdirectory("rescind-postgres-").FullName;

    private readonly int _port = FreePort();
    private bool _isRunning;

    /// <summary>How an owner of the database connects.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;Maximum Pool Size=12";

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Creates one, and starts it with these settings.</summary>
    public static async Task<PostgresServer> CreateAsync(params string[] settings)
    {
        var server = new PostgresServer();
        await server.OwnFolderAsync();
        await RunAsOwnerAsync("initdb", "-D", server.Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-N");
        await server.StartAsync(settings);
        return server;
    }

    /// <summary>Starts a standby of this server; commits wait for it only once it is named there.</summary>
    public async Task<PostgresServer> AddStandbyAsync(string name)
    {
        var standby = new PostgresServer();
        await standby.OwnFolderAsync();
        await RunAsOwnerAsync(
            "pg_basebackup", "-D", standby.Data, "-R", "-c", "fast", "-d",
            $"host=127.0.0.1 port={_port} user=postgres application_name={name}");
        await standby.StartAsync();
        await UntilAsync($"select 1 from pg_stat_replication where application_name = '{name}' and state = 'streaming'");
        return standby;
    }

    /// <summary>Makes a standby the primary server; the one that it followed does not hear of it.</summary>
    public Task PromoteAsync() => RunAsOwnerAsync("pg_ctl", "-D", Data, "-w", "promote");

    public async Task StartAsync(params string[] settings)
    {
        await RunAsOwnerAsync(
            "pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_folder, "log"), "-o",
            string.Join(' ', settings.Prepend($"-p {_port} -k {_folder} -c listen_addresses=127.0.0.1")), "start");
        _isRunning = true;
    }

    /// <summary>Ends it as a crash would.</summary>
    public async Task StopAsync()
    {
        if (_isRunning)
        {
            _isRunning = false;
            await RunAsOwnerAsync("pg_ctl", "-D", Data, "-w", "-m", "immediate", "stop");
        }
    }

    /// <summary>Runs a statement as the owner of everything.</summary>
    public async Task ExecuteAsync(string sql) => await RunAsync(sql, command => command.ExecuteNonQueryAsync());

    /// <summary>Waits until a query has a row.</summary>
    public async Task UntilAsync(string query)
    {
        var waited = Stopwatch.StartNew();
        while (await RunAsync(query, command => command.ExecuteScalarAsync()) is null)
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60), query);
            await Task.Delay(20);
        }
    }

    /// <summary>Changes a setting of the running server.</summary>
    public async Task SetAsync(string name, string value)
    {
        await ExecuteAsync($"alter system set {name} = '{value}'");
        await ExecuteAsync("select pg_reload_conf()");
        await UntilAsync($"select 1 where current_setting('{name}') = '{value}'");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return int.Parse(listener.LocalEndpoint.ToString()!.Split(':')[1], CultureInfo.InvariantCulture);
    }

    private async Task<T> RunAsync<T>(string sql, Func<NpgsqlCommand, Task<T>> run)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await run(command);
    }

    private async Task OwnFolderAsync()
    {
        if (IsRoot)
        {
            await RunAsync("chown", "postgres", _folder);
        }
    }

    private static Task RunAsOwnerAsync(string program, params string[] arguments)
    {
        var path = Directory.GetDirectories("/usr/lib/postgresql").Order()
            .Select(version => Path.Combine(version, "bin", program)).Last(File.Exists);
        return IsRoot ? RunAsync("runuser", ["-u", "postgres", "--", path, .. arguments]) : RunAsync(path, arguments);
    }

    // Nothing of it is redirected: the server would hold the pipes open.
    private static async Task RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/tmp" };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$@\" > /dev/null 2>&1 < /dev/null");
        start.ArgumentList.Add("sh");
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, string.Join(' ', arguments.Prepend(program)));
    }
}
