using System.Net;
using System.Text;
using System.Text.Json;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary>
/// Lists of rows as long as they may be, of characters that JSON writes with six: however many are asked for, no answer
/// is longer than a mebibyte, and whoever follows <c>next</c> sees each row once.
/// </summary>
public sealed class LongRowsTests : IAsyncLifetime
{
    private const int MostBytes = 1024 * 1024;

    // Six times as long in an answer.
    private static readonly string Longest = new('<', 1024);

    private AuthorityHost _authority = null!;

    public async ValueTask InitializeAsync() => _authority = await AuthorityHost.StartAsync();

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Fact]
    public async Task Every_session_is_on_one_page_and_none_is_longer_than_a_mebibyte()
    {
        var starter = await _authority.StarterAsync();
        var body = JsonSerializer.Serialize(new
        {
            subject = "alice", audience = "orders", claims = new { note = new string('<', 1000), other = new string('é', 300) },
            device = new { name = Longest, user_agent = Longest, address = Longest },
        });
        var started = new List<string?>();
        for (var i = 0; i < 200; i++)
        {
            var answer = await _authority.PostJsonAsync("/v1/sessions", starter, body);
            answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
            started.Insert(0, answer["session_id"]);
        }

        var (listed, pages) = await ReadAsync("/v1/sessions?limit=200&subject=alice", starter, "sessions", "cursor");
        var (living, _) = await ReadAsync("/v1/sessions?limit=200&state=active", starter, "sessions", "cursor");

        listed.Select(session => session.GetProperty("session_id").GetString()).ShouldBe(started);
        living.Select(session => session.GetProperty("session_id").GetString()).ShouldBe(started);
        pages.ShouldBeGreaterThan(2);
    }

    [Theory]
    [InlineData("/v1/audit?limit=1000&actor=client:long", "admin", "entries", "after")]
    [InlineData("/v1/revocations?limit=200&actor=client:long", "revoke", "revocations", "cursor")]
    public async Task Every_act_is_on_one_page_and_none_is_longer_than_a_mebibyte(
        string query, string scope, string list, string cursor)
    {
        var acts = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => _authority.Revocations.RevokeAsync(
            new()
            {
                Issuer = AuthorityHost.Issuer, Match = Match.Subject(Longest), Effect = Effect.Renew, Reason = new('<', 500),
                Audit = new("client:long", Longest, Longest),
            },
            CancellationToken.None)));

        var (listed, pages) = await ReadAsync(query, await _authority.BearerAsync(scope), list, cursor);

        listed.Select(act => act.GetProperty("position").GetInt64())
            .ShouldBe(acts.Select(act => act.Revocation!.Position.Value), ignoreOrder: true);
        pages.ShouldBeGreaterThan(2);
    }

    private async Task<(List<JsonElement> Listed, int Pages)> ReadAsync(string query, string bearer, string list, string cursor)
    {
        var (listed, pages) = (new List<JsonElement>(), 0);
        for (var next = ""; next is not null; pages++)
        {
            var page = await _authority.GetAsync(query + next, bearer);
            page.Status.ShouldBe(HttpStatusCode.OK, page.Text);
            Encoding.UTF8.GetByteCount(page.Text).ShouldBeLessThan(MostBytes);
            listed.AddRange(page.Json.GetProperty(list).EnumerateArray());
            next = page["next"] is { Length: > 0 } after ? $"&{cursor}={after}" : null;
            pages.ShouldBeLessThan(100);
        }

        return (listed, pages);
    }
}
