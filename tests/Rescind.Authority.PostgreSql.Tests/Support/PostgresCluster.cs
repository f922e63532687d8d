using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Rescind.Authority.PostgreSql.Tests.Support;

[assembly: AssemblyFixture(typeof(PostgresCluster))]

namespace Rescind.Authority.PostgreSql.Tests.Support;

/// <summary>A PostgreSQL server of this test run alone: in a temporary folder, on a free port of the loopback.</summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    private const string Memory = "/dev/shm";
    private const long LargeEnough = 4L << 30;

    private static readonly bool IsRoot = Environment.UserName == "root";

    // In memory where it has room: many schemas are created, and no test is about the disk.
    private readonly string _folder = Directory.Exists(Memory) && new DriveInfo(Memory).AvailableFreeSpace > LargeEnough
        ? Directory.CreateDirectory($"{Memory}/rescind-postgres-{Environment.ProcessId}").FullName
        : Directory.CreateTempSubdirectory("rescind-postgres-").FullName;

    private readonly int _port = FreePort();
    private int _schemas;

    /// <summary>How an owner of the database connects.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;Maximum Pool Size=12";

    private string Data => Path.Combine(_folder, "data");

    /// <summary>The name of a schema that nobody has.</summary>
    public string NewSchema() => $"t{Interlocked.Increment(ref _schemas)}";

    public async ValueTask InitializeAsync()
    {
        if (IsRoot)
        {
            await RunAsync("chown", "postgres", _folder);
        }

        await RunAsOwnerAsync("initdb", "-D", Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-N");
        await RunAsOwnerAsync(
            "pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_folder, "log"), "-o",
            $"-p {_port} -k {_folder} -c listen_addresses=127.0.0.1 -c max_connections=300 -c max_locks_per_transaction=256 "
                + "-c max_wal_size=4GB",
            "start");
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsOwnerAsync("pg_ctl", "-D", Data, "-w", "-m", "immediate", "stop");
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Ends every connection of a store, as a network that fails would.</summary>
    public Task EndConnectionsAsync(string schema) => ExecuteAsync(
        $"select pg_terminate_backend(pid) from pg_stat_activity where application_name = '{schema}'");

    /// <summary>Runs a statement as the owner of everything.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
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

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return int.Parse(listener.LocalEndpoint.ToString()!.Split(':')[1], CultureInfo.InvariantCulture);
    }
}
