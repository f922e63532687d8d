using System.Globalization;
using System.Net;
using Microsoft.Data.Sqlite;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Revocations;

/// <summary>
/// A caller that sends a key of its own with every act costs disk alone, little of it, and nobody waits for it.
/// </summary>
public sealed class IdempotencyFloodTests
{
    private const int Callers = 8;
    private const int MostBytesOfOne = 4096;

    private static readonly int Keys = Environment.GetEnvironmentVariable("RESCIND_FULL") == "1" ? 20_000 : 2_000;

    [Fact]
    public async Task Refreshes_go_on_and_a_key_takes_little_of_the_disk()
    {
        using var data = new TemporaryFolder();
        await using var authority = await AuthorityHost.StartAsync(data: data.Path);
        var bearer = await authority.BearerAsync("revoke");
        var refreshToken = authority.RefreshTokens.Derive(await authority.StartSessionAsync());
        await RevokeAsync(authority, bearer, "first");
        var before = BytesOf(data);

        var flood = Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            for (var i = caller; i < Keys; i += Callers)
            {
                await RevokeAsync(authority, bearer, i.ToString(CultureInfo.InvariantCulture));
            }
        }));
        do
        {
            var refreshed = await authority.RefreshAsync(refreshToken);
            refreshed.Status.ShouldBe(HttpStatusCode.OK, refreshed.Text);
            refreshToken = refreshed["refresh_token"]!;
        }
        while (!flood.IsCompleted);
        await flood;

        var bytes = (BytesOf(data) - before) / Keys;
        bytes.ShouldBeInRange(1, MostBytesOfOne);
        TestContext.Current.TestOutputHelper?.WriteLine($"{bytes} bytes each");
    }

    // Each call is an act of its own, on one match, under the longest key.
    private static async Task RevokeAsync(AuthorityHost authority, string bearer, string key)
    {
        var answer = await authority.PostJsonAsync(
            "/v1/revocations", bearer, """{"match":{"subject":"mallory"},"reason":"test"}""",
            ("Idempotency-Key", key.PadLeft(255, 'k')));
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
    }

    private static long BytesOf(TemporaryFolder data)
    {
        using var connection = new SqliteConnection(
            $"Data Source={Path.Combine(data.Path, "rescind.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "select page_count * page_size from pragma_page_count, pragma_page_size";
        return (long)command.ExecuteScalar()!;
    }
}
