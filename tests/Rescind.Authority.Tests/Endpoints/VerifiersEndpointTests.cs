using System.Net;
using System.Text;
using Rescind.Authority.Feeding;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary>Very many verifiers may be remembered; their list comes in pages.</summary>
public sealed class VerifiersEndpointTests
{
    [Fact]
    public async Task A_few_are_one_answer_and_with_a_limit_they_come_in_pages_by_name_client_and_instance()
    {
        await using var authority = await AuthorityHost.StartAsync();
        var bearer = await authority.BearerAsync("feed");
        Hear(authority, ("orders", "b"), ("chat", "é/1"), ("orders", "a"));

        var whole = await authority.GetAsync("/v1/verifiers", bearer);
        var first = await authority.GetAsync("/v1/verifiers?limit=2", bearer);
        var second = await authority.GetAsync($"/v1/verifiers?limit=2&cursor={first["next"]}", bearer);

        InstancesOf(whole).ShouldBe(["é/1", "a", "b"]);
        whole.Text.ShouldNotContain("\"next\"");
        (InstancesOf(first).Count, InstancesOf(second).ShouldHaveSingleItem()).ShouldBe((2, "b"));
        (second["next"], second.Json.GetProperty("clients").GetArrayLength()).ShouldBe((null, 0));
        first["clients"].ShouldBe(whole["clients"]);
    }

    [Fact]
    public async Task However_long_their_names_are_no_answer_is_longer_than_a_mebibyte_and_the_pages_have_them_all()
    {
        await using var authority = await AuthorityHost.StartAsync();
        var bearer = await authority.BearerAsync("feed");
        var longest = new string('é', 250);
        Hear(authority, [.. Enumerable.Range(0, 600).Select(i => (longest, $"{longest}{i}"))]);

        var found = new List<string>();
        for (var (query, pages) = ("", 0); query is not null; pages++)
        {
            var page = await authority.GetAsync($"/v1/verifiers{query}", bearer);
            Encoding.UTF8.GetByteCount(page.Text).ShouldBeLessThan(1024 * 1024);
            found.AddRange(InstancesOf(page));
            query = page["next"] is { } next ? $"?cursor={next}" : null;
            pages.ShouldBeLessThan(20);
        }

        (found.Count, found.Distinct().Count()).ShouldBe((600, 600));
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("cursor=x")]
    [InlineData("cursor=WyJhIl0")]
    [InlineData("cursor=W251bGwsbnVsbCxudWxsXQ")]
    public async Task What_is_no_page_is_refused(string query)
    {
        await using var authority = await AuthorityHost.StartAsync();

        (await authority.GetAsync($"/v1/verifiers?{query}", await authority.BearerAsync("feed")))
            .ShouldBeProblem(HttpStatusCode.BadRequest);
    }

    private static void Hear(AuthorityHost authority, params (string Name, string Instance)[] verifiers)
    {
        foreach (var (name, instance) in verifiers)
        {
            authority.Get<VerifierRegistry>().Hear("api", null, new()
            {
                Epoch = "e", After = new(1), Nonce = "n", Follower = new(name, instance, TimeSpan.FromSeconds(5)),
            });
        }
    }

    private static List<string> InstancesOf(Answer answer) =>
        [.. answer.Json.GetProperty("verifiers").EnumerateArray()
            .Select(verifier => verifier.GetProperty("instance").GetString()!)];
}
