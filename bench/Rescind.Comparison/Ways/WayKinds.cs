using System.Reflection;
using System.Text.RegularExpressions;
using Rescind.Comparison.Parts;

namespace Rescind.Comparison.Ways;

/// <summary>What a way leans on, beside its application.</summary>
internal enum Backing
{
    /// <summary>Nothing.</summary>
    Nothing = 0,

    /// <summary>A file of the application.</summary>
    File = 1,

    /// <summary>A database server of the reader.</summary>
    Database = 2,

    /// <summary>An issuer in a process of its own.</summary>
    Issuer = 3,

    /// <summary>An Authority in a process of its own.</summary>
    Authority = 4,
}

/// <summary>A database.</summary>
internal enum StoreKind
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>SQLite, a file beside the application.</summary>
    Sqlite = 1,

    /// <summary>PostgreSQL, by a connection string.</summary>
    PostgreSql = 2,

    /// <summary>Redis, by host and port.</summary>
    Redis = 3,
}

/// <summary>A way that can be measured.</summary>
internal sealed record WayKind(string Id, string Title, string Library, Backing Backing, Func<PartSettings, Way> Create)
{
    /// <summary>Whether a stolen copy lives until its token ends, so that the clock has to run faster.</summary>
    public bool WaitsForExpiry { get; init; }

    /// <summary>Whether its tokens are short-lived and renewed.</summary>
    public bool IsShort { get; init; }

    /// <summary>The database that it asks.</summary>
    public StoreKind Store { get; init; }

    /// <summary>The files of the folder Ways that make it.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Lines that somebody has to write and keep: no blank ones, no braces, comments or usings.</summary>
    public int CodeLines() => Sources.Sum(name =>
    {
        using var source = typeof(WayKind).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(source);
        return reader.ReadToEnd().Split('\n').Count(static line => Written.IsMatch(line));
    });

    private static readonly Regex Written = new(
        @"^\s*(?!using |namespace |//|[{}();\]]*\s*$)\S", RegexOptions.CultureInvariant);
}

/// <summary>The ways, in the order of the table.</summary>
internal static class WayKinds
{
    public static IReadOnlyList<WayKind> All { get; } =
    [
        new(
            "client-removal", "the client deletes its token", "JwtBearer", Backing.Nothing,
            static part => new ClientRemoval(part))
        {
            WaitsForExpiry = true, Sources = ["ClientRemoval.cs"],
        },
        new(
            "short-expiry", "short expiry, with rotation", "OpenIddict, JwtBearer", Backing.Issuer,
            static part => new Rotation(part))
        {
            WaitsForExpiry = true, IsShort = true, Sources = ["Rotation.cs", "IssuerClient.cs"],
        },
        new(
            "blocklist-sqlite", "blocklist in SQLite", "JwtBearer, Microsoft.Data.Sqlite", Backing.File,
            static part => new Blocklist(part, new SqliteBlockedIds(part.Folder)))
        {
            Store = StoreKind.Sqlite, Sources = ["Blocklist.cs", "SqliteBlockedIds.cs"],
        },
        new(
            "blocklist-postgresql", "blocklist in PostgreSQL", "JwtBearer, Npgsql", Backing.Database,
            static part => new Blocklist(part, new PostgresBlockedIds(part.Store!, part.Name)))
        {
            Store = StoreKind.PostgreSql, Sources = ["Blocklist.cs", "PostgresBlockedIds.cs"],
        },
        new(
            "blocklist-redis", "blocklist in Redis", "JwtBearer, StackExchange.Redis", Backing.Database,
            static part => new Blocklist(part, new RedisBlockedIds(part.Store!, part.Name)))
        {
            Store = StoreKind.Redis, Sources = ["Blocklist.cs", "RedisBlockedIds.cs"],
        },
        new(
            "stamp", "stamp of each person", "ASP.NET Core Identity, EF Core", Backing.File,
            static part => new SecurityStamp(part))
        {
            Store = StoreKind.Sqlite, Sources = ["SecurityStamp.cs"],
        },
        new(
            "server-sessions", "server sessions", "cookie handler, ticket store in SQLite", Backing.File,
            static part => new ServerSessions(part))
        {
            Store = StoreKind.Sqlite, Sources = ["ServerSessions.cs", "SqliteTickets.cs"],
        },
        new(
            "introspection", "introspection", "OpenIddict", Backing.Issuer, static part => new Introspection(part))
        {
            Sources = ["Introspection.cs", "IssuerClient.cs"],
        },
        new("rescind", "Rescind", "Rescind.Verifier", Backing.Authority, static part => new WithRescind(part))
        {
            Sources = ["WithRescind.cs"],
        },
    ];

    public static WayKind Of(string id) => All.Single(kind => kind.Id == id);
}
