using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests;

/// <summary>No token in a log line, a message or a text (G7).</summary>
public sealed class Secrecy
{
    [Fact]
    public async Task No_token_is_in_a_log_line_or_a_message()
    {
        await using var world = await World.StartAsync(
            options => (options.ClientSecret, options.RefreshLimit) = ("se+cret", TimeSpan.Zero));
        var said = new List<string>();
        world.Server.RefusedUpTo = 1;
        await world.GetAsync();
        foreach (var answer in new[]
        {
            ScriptedServer.Say(500, "rt_2"), ScriptedServer.Say(200, "{\"access_token\":\"at.3\""), ScriptedServer.Lose,
        })
        {
            world.Server.BeforeRefresh = answer;
            world.ExpireToken();
            said.Add((await Should.ThrowAsync<RefreshFailedException>(world.GetAsync())).ToString());
        }

        (world.Server.BeforeRefresh, world.Server.IsEnded) = (null, true);
        world.ExpireToken();
        said.Add((await Should.ThrowAsync<SessionEndedException>(world.GetAsync())).ToString());

        said.AddRange(world.Log.GetSnapshot().Select(line => line.Message + line.Exception));
        said.Count.ShouldBeGreaterThan(6);
        string[] secrets = ["at.1", "at.2", "at.3", "rt_", "cret"];
        said.ShouldAllBe(text => !secrets.Any(secret => text.Contains(secret, StringComparison.Ordinal)));
    }

    [Fact]
    public void Tokens_do_not_print_themselves() =>
        new SessionTokens { AccessToken = "at.1", RefreshToken = "rt_1" }.ToString()
            .ShouldBe("tokens until 0001-01-01T00:00:00.0000000+00:00");
}
