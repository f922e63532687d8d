using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Data.Sqlite;
using Rescind.Comparison.Parts;

namespace Rescind.Comparison.Ways;

/// <summary>
/// Sessions of the cookie handler in a file beside the application, by person, so that all of one can be ended.
/// </summary>
internal sealed class SqliteTickets(string folder, StoreCalls calls) : ITicketStore
{
    public string File { get; } = Path.Combine(folder, "tickets.db");

    public Task OpenAsync() => RunAsync("""
        pragma journal_mode = wal;
        create table tickets (
            id text primary key, person text not null, session text not null, value blob not null) without rowid;
        create index tickets_of on tickets (person);
        """);

    public async Task<string> StoreAsync(AuthenticationTicket ticket)
    {
        var id = Entropy.System.NextId();
        await RenewAsync(id, ticket);
        return id;
    }

    public Task RenewAsync(string key, AuthenticationTicket ticket) => RunAsync(
        "insert or replace into tickets (id, person, session, value) values (@id, @person, @session, @value)",
        ("@id", key), ("@person", ticket.Principal.FindFirstValue("sub")!), ("@session", ticket.Principal.FindFirstValue("sid")!),
        ("@value", TicketSerializer.Default.Serialize(ticket)));

    public async Task<AuthenticationTicket?> RetrieveAsync(string key)
    {
        var value = await RunAsync("select value from tickets where id = @id", ("@id", key));
        return value is byte[] bytes ? TicketSerializer.Default.Deserialize(bytes) : null;
    }

    public Task RemoveAsync(string key) => RunAsync("delete from tickets where id = @id", ("@id", key));

    public Task RemoveAllAsync(string person, string except) => RunAsync(
        "delete from tickets where person = @person and session <> @except", ("@person", person), ("@except", except));

    public async Task FillAsync(IEnumerable<AuthenticationTicket> tickets)
    {
        await RunAsync("pragma synchronous = off");
        foreach (var ticket in tickets)
        {
            await StoreAsync(ticket);
        }
    }

    public async Task<long> BytesAsync() =>
        (long)(await RunAsync("select page_count * page_size from pragma_page_count(), pragma_page_size()"))!;

    private async Task<object?> RunAsync(string sql, params (string Name, object Value)[] values)
    {
        calls.Add();
        await using var connection = new SqliteConnection($"Data Source={File}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Texts of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return await command.ExecuteScalarAsync();
    }
}
