namespace Rescind.EndToEnd;

/// <summary>
/// A disk that fails now and then under a running Authority: the kernel's answers to its calls are replaced by a tracer.
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class FailingDisk
{
    // A commit is some thirty writes and one sync: of each kind so many succeed that some commits lie between two failures.
    [Theory]
    [InlineData("pwrite64", "EIO", "60+97")]
    [InlineData("pwrite64", "ENOSPC", "60+97")]
    [InlineData("pwrite64", "EROFS", "60+97")]
    [InlineData("fsync", "EIO", "12+3")]
    public async Task What_was_acknowledged_between_two_failures_stands_and_the_rest_is_refused_with_a_number(
        string call, string error, string when)
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        for (var round = 0; round < Counts.Of(20); round++)
        {
            await authority.StopAsync();
            await authority.StartAgainAsync(Failing(authority, call, error, when));
            await client.LogInAsync();
            var acknowledged = await RevokeAsync(client, $"somebody-{round}");
            await authority.KillAsync();
            await authority.StartAgainAsync();
            await client.LogInAsync();
            foreach (var id in acknowledged)
            {
                (await client.KnowsAsync(id)).ShouldBeTrue($"{id} of round {round}");
            }
        }
    }

    // Ends before a checkpoint is due: from then on every failure would be one of the checkpoint, which refuses nothing.
    private static async Task<List<string>> RevokeAsync(AuthorityClient client, string name)
    {
        var (acknowledged, refused) = (new List<string>(), 0);
        for (var i = 0; i < 100 && (acknowledged.Count < 10 || refused < 10); i++)
        {
            var answer = await client.TryRevokeAsync("subject", $"{name}-{i}");
            if ((string?)answer["id"] is { } id)
            {
                acknowledged.Add(id);
            }
            else
            {
                ((string?)answer["code"]).ShouldBe("RSC1901", answer.ToString());
                refused++;
            }
        }

        acknowledged.Count.ShouldBeGreaterThanOrEqualTo(10);
        refused.ShouldBeGreaterThanOrEqualTo(10);
        return acknowledged;
    }

    [Fact]
    public async Task A_start_that_cannot_read_is_refused_with_one_number_and_the_next_one_finds_everything()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        var act = (string)(await client.RevokeAsync("subject", "alice"))["id"]!;
        await authority.KillAsync();

        var said = await authority.RefusedAsync(under: Failing(authority, "pread64", "EIO", "1+1"));

        said.Split("RSC").Length.ShouldBe(3, said);
        said.ShouldContain("See docs/errors/RSC");
        said.ShouldNotContain("   at ");
        await authority.StartAgainAsync();
        await client.LogInAsync();
        (await client.KnowsAsync(act)).ShouldBeTrue();
    }

    // From a call on the database or its log on, each so many-th one fails.
    private static string[] Failing(AuthorityProcess authority, string call, string error, string when) =>
    [
        "strace", "-f", "-o", "/dev/null", "-P", Path.Combine(authority.Data, "rescind.db"), "-P",
        Path.Combine(authority.Data, "rescind.db-wal"), "-e", $"trace={call}", "-e", $"inject={call}:error={error}:when={when}",
    ];
}
