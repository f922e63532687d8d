using System.Net;
using System.Net.Sockets;
using Npgsql;
using StackExchange.Redis;

namespace Rescind.Comparison.Stores;

/// <summary>
/// A database server of the reader: looked for before anything starts, and rid of what the run made. What is said of it
/// never holds
/// more than host and port.
/// </summary>
internal abstract class StoreServer
{
    /// <summary>Whether it answers, and lets us do what a run does.</summary>
    /// <exception cref="ComparisonFailedException">It does not.</exception>
    public abstract Task CheckAsync(CancellationToken cancellation);

    /// <summary>Its address, as the libraries take it.</summary>
    public abstract string Address { get; }

    /// <summary>The host and port of the line to cut.</summary>
    public abstract (string Host, int Port) Target { get; }

    /// <summary>The same server through another port of this machine.</summary>
    public abstract string Through(int port);

    /// <summary>Takes away what is named <paramref name="name"/>.</summary>
    public abstract Task ClearAsync(string name);

    protected static ComparisonFailedException Refused(string what, string why, Exception inner) => new(
        $"{what}: {why}", "Correct the address, or leave it out: the run goes without it. Nothing was started.", inner)
    {
        IsUnavailable = true,
    };
}

/// <summary>A PostgreSQL server, by a connection string of Npgsql.</summary>
internal sealed class PostgresServer : StoreServer
{
    private readonly NpgsqlConnectionStringBuilder _address;

    public PostgresServer(string address)
    {
        try
        {
            _address = new(address) { Timeout = 5 };
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            throw NotOne(e);
        }

        if (string.IsNullOrEmpty(_address.Host))
        {
            throw NotOne(null);
        }
    }

    public override string Address => _address.ConnectionString;

    public override (string Host, int Port) Target => (_address.Host!, _address.Port);

    public override string Through(int port) =>
        new NpgsqlConnectionStringBuilder(Address) { Host = "127.0.0.1", Port = port }.ConnectionString;

    public override async Task CheckAsync(CancellationToken cancellation)
    {
        try
        {
            await RunAsync("create temporary table rescind_compare_probe (id text)", cancellation);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or ArgumentException)
        {
            var why = (e as PostgresException)?.MessageText ?? e.InnerException?.Message ?? e.Message;
            throw Refused($"PostgreSQL at {_address.Host}:{_address.Port} cannot be used", why, e);
        }
    }

    public override Task ClearAsync(string name) => RunAsync($"drop table if exists {name}", CancellationToken.None);

    private async Task RunAsync(string sql, CancellationToken cancellation)
    {
        await using var database = NpgsqlDataSource.Create(Address);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static ComparisonFailedException NotOne(Exception? inner) => new(
        "--postgres is not a connection string.",
        "Write Host=127.0.0.1;Username=app;Database=app, and the password into PGPASSWORD.", inner);
}

/// <summary>A Redis server, by host and port or a configuration text of StackExchange.Redis.</summary>
internal sealed class RedisServer : StoreServer
{
    private readonly ConfigurationOptions _address;

    public RedisServer(string address)
    {
        try
        {
            _address = ConfigurationOptions.Parse(address);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw NotOne(e);
        }

        if (_address.EndPoints.Count != 1)
        {
            throw NotOne(null);
        }

        _address.SetDefaultPorts();
        (_address.ConnectTimeout, _address.ConnectRetry, _address.AbortOnConnectFail) = (5_000, 1, true);
    }

    public override string Address => _address.ToString(includePassword: true);

    public override (string Host, int Port) Target => _address.EndPoints[0] switch
    {
        DnsEndPoint name => (name.Host, name.Port),
        IPEndPoint number => (number.Address.ToString(), number.Port),
        _ => throw NotOne(null),
    };

    public override string Through(int port)
    {
        var through = _address.Clone();
        through.EndPoints.Clear();
        through.EndPoints.Add("127.0.0.1", port);
        return through.ToString(includePassword: true);
    }

    public override async Task CheckAsync(CancellationToken cancellation)
    {
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(_address);
            await redis.GetDatabase().StringSetAsync("rescind-compare-probe", "1", TimeSpan.FromSeconds(5));
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            var (host, port) = Target;
            throw Refused(
                $"Redis at {host}:{port} cannot be used", e is RedisServerException ? e.Message : "it does not answer.", e);
        }
    }

    // Its keys end with their tokens; the application deletes them when it is done.
    public override Task ClearAsync(string name) => Task.CompletedTask;

    private static ComparisonFailedException NotOne(Exception? inner) => new(
        "--redis is not the address of one server.", "Write 127.0.0.1:6379, or with more as StackExchange.Redis takes it.",
        inner);
}
