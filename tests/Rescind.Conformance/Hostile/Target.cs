using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.Data.Sqlite;
using Rescind.Authority.Clients;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Conformance.Hostile;

/// <summary>
/// A running Authority with one caller of each kind, so that what is thrown at it comes past the door; and what it has
/// written so far.
/// </summary>
public sealed class Target : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<AccessKind, AuthenticationHeaderValue?> _callers = [];

    internal AuthorityHost Host { get; private set; } = null!;

    internal IReadOnlyList<Route> Routes { get; private set; } = [];

    internal Uri Address => Host.Http.BaseAddress!;

    public async ValueTask InitializeAsync()
    {
        Host = await AuthorityHost.StartAsync(data: _folder.Path);
        Routes = Route.AllOf(Host);
        var session = (await Host.StartSessionAsync()) with { Audience = [AuthorityHost.Issuer] };
        var person = new AuthenticationHeaderValue("Bearer", Host.AccessTokenOf(session));
        var caller = await AddCallerAsync();
        _callers[AccessKind.Anonymous] = _callers[AccessKind.LogoutToken] = _callers[AccessKind.OwnPage] = null;
        _callers[AccessKind.Scope] = new("Bearer", Host.Tokens.IssueFor(caller, caller.Scopes, Host.Tail.Head.Position).Text);
        _callers[AccessKind.OwnToken] = _callers[AccessKind.OwnTokenEvenExpired] = person;
        _callers[AccessKind.Client] = AuthorityHost.Basic(caller.ClientId, AuthorityHost.SecretOf(caller.ClientId));
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>The <c>Authorization</c> of whoever a route is for.</summary>
    internal string CallerOf(Route route) => $"{_callers[route.Access.Kind]}";

    /// <summary>Asks a route as the caller that it is for; <paramref name="query"/> begins with its question mark.</summary>
    internal Task<Answer> AskAsync(
        Route route, HttpContent? content = null, string query = "", Action<HttpRequestMessage>? change = null)
    {
        var request = new HttpRequestMessage(new(route.Method), new Uri(Address + route.Path[1..] + query, new UriCreationOptions
        {
            DangerousDisablePathAndQueryCanonicalization = true,
        }));
        request.Content = content;
        request.Headers.Authorization = _callers[route.Access.Kind];
        if (route.Access.Kind is AccessKind.OwnPage)
        {
            request.Headers.Add("Sec-Fetch-Site", "same-origin");
        }

        change?.Invoke(request);
        return Host.SendAsync(request);
    }

    /// <summary>A body of these bytes, declared as <paramref name="type"/>, or as nothing.</summary>
    internal static ByteArrayContent Body(byte[] bytes, string? type)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return content;
    }

    /// <summary>The head of the log, and how many rows each table of the store has.</summary>
    internal string Written()
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(_folder.Path, "rescind.db"), Mode = SqliteOpenMode.ReadOnly, Pooling = false,
        }.ToString());
        connection.Open();
        var tables = Read(connection, "select name from sqlite_master where type = 'table' order by name").ToList();
        tables.Count.ShouldBeGreaterThan(3);
        return string.Join(
            '\n', tables.Select(table => $"{table} {Read(connection, $"select count(*) from \"{table}\"").Single()}")
                .Prepend($"{Host.Tail.Head.Position}"));
    }

    private async Task<ClientRecord> AddCallerAsync()
    {
        const string id = "caller";
        var record = new ClientRecord
        {
            ClientId = id, Kind = ClientKind.Confidential, SecretHash = ClientSecret.Hash(AuthorityHost.SecretOf(id)),
            Scopes = ScopeNames.All, Clients = ["web"],
        };
        (await Host.Get<ClientRegistry>().AddAsync(record, AuditContext.System, CancellationToken.None)).ShouldBeTrue();
        return record;
    }

    private static IEnumerable<string> Read(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Names of tables, from the database itself.
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!;
        }
    }
}
