using Npgsql;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Where a database is, as a connection string of Npgsql or as a URL of PostgreSQL:
/// <c>postgres://user:password@host:5432,other/database?sslmode=verify-full</c>.
/// </summary>
internal static class PostgresAddress
{
    private static readonly string[] Schemes = ["postgres://", "postgresql://"];

    // The names that PostgreSQL has for what Npgsql calls otherwise; every other name is one of Npgsql's.
    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["user"] = "Username", ["dbname"] = "Database", ["sslmode"] = "SSL Mode", ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key", ["sslrootcert"] = "Root Certificate", ["connect_timeout"] = "Timeout",
        ["application_name"] = "Application Name", ["target_session_attrs"] = "Target Session Attributes",
        ["channel_binding"] = "Channel Binding",
    };

    /// <summary>
    /// Reads either; throws <see cref="ArgumentException"/> or <see cref="FormatException"/>, which may repeat what it reads.
    /// </summary>
    public static NpgsqlConnectionStringBuilder Read(string text)
    {
        var scheme = Array.Find(Schemes, scheme => text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));
        var settings = scheme is null ? new(text) : ReadUrl(text[scheme.Length..]);
        return string.IsNullOrEmpty(settings.Host) ? throw new ArgumentException("It names no host.") : settings;
    }

    private static NpgsqlConnectionStringBuilder ReadUrl(string url)
    {
        var (place, query) = Cut(url, url.IndexOf('?', StringComparison.Ordinal));
        var (server, database) = Cut(place, place.IndexOf('/', StringComparison.Ordinal));
        var (hosts, account) = CutLast(server);
        var (user, password) = Cut(account, account.IndexOf(':', StringComparison.Ordinal));
        var settings = new NpgsqlConnectionStringBuilder();
        SetHosts(settings, hosts);
        Set(settings, "Username", user);
        Set(settings, "Password", password);
        Set(settings, "Database", database);
        foreach (var parameter in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = Cut(parameter, parameter.IndexOf('=', StringComparison.Ordinal));
            Set(settings, Names.GetValueOrDefault(name, Uri.UnescapeDataString(name)), SslModeOf(value));
        }

        return settings;
    }

    private static string SslModeOf(string value) => value switch
    {
        "verify-ca" => nameof(SslMode.VerifyCA),
        "verify-full" => nameof(SslMode.VerifyFull),
        _ => value,
    };

    private static void SetHosts(NpgsqlConnectionStringBuilder settings, string hosts)
    {
        if (hosts.Contains('#', StringComparison.Ordinal) || hosts.Split(',').Any(static host => !IsHost(host)))
        {
            throw new FormatException("A host is invalid.");
        }

        Set(settings, "Host", hosts);
    }

    // A port is one that a server can have; without one it is that of PostgreSQL.
    private static bool IsHost(string host)
    {
        var (name, port) = Cut(host, host.LastIndexOf(':') is var at && at > host.LastIndexOf(']') ? at : -1);
        return name.Length > 0 && (port.Length == 0 || (ushort.TryParse(port, out var number) && number > 0));
    }

    private static void Set(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        if (value.Length == 0)
        {
            return;
        }

        if (settings.ShouldSerialize(name))
        {
            throw new ArgumentException("A parameter is given twice.");
        }

        settings[name] = Uri.UnescapeDataString(value);
    }

    private static (string Before, string After) Cut(string text, int at) => at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);

    // A password may hold what ends an account.
    private static (string Hosts, string Account) CutLast(string server) =>
        server.LastIndexOf('@') is var at && at < 0 ? (server, "") : (server[(at + 1)..], server[..at]);
}
