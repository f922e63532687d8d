using System.Net;

namespace Rescind.EndToEnd;

/// <summary>G4 over real connections: one successor, and no token that slips past a revocation.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class Races
{
    private const int Callers = 64;

    [Fact]
    public async Task Sixty_four_callers_with_one_refresh_token_all_hold_the_same_successor()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        var connections = Enumerable.Range(0, Callers).Select(_ => NewConnection(authority.Url)).ToArray();
        var current = (await client.StartSessionAsync("alice")).RefreshToken;

        for (var round = 0; round < Counts.Of(1_000); round++)
        {
            var answers = await Task.WhenAll(connections.Select(connection => AuthorityClient.RefreshAsync(connection, current)));

            answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
            var successor = answers.Select(answer => answer.RefreshToken!).Distinct().ShouldHaveSingleItem();
            Refreshed.GenerationOf(successor).ShouldBe(Refreshed.GenerationOf(current) + 1);
            current = successor;
        }

        Array.ForEach(connections, connection => connection.Dispose());
    }

    [Fact]
    public async Task A_session_start_that_races_a_revocation_of_its_subject_never_survives_it()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        var before = 0;

        for (var i = 0; i < Counts.Of(10_000); i++)
        {
            var subject = $"user-{i}";
            var revoking = i % 2 == 0 ? client.RevokeAsync("subject", subject) : null;
            var starting = client.StartSessionAsync(subject);
            revoking ??= client.RevokeAsync("subject", subject);
            var session = await starting;
            var position = (long)(await revoking)["position"]!;

            var refreshed = await client.RefreshAsync(session.RefreshToken);

            var isOlder = session.LogPosition < position;
            before += isOlder ? 1 : 0;
            (refreshed.Status == HttpStatusCode.OK).ShouldBe(!isOlder, $"lpos {session.LogPosition}, revocation {position}");
            (await client.IsActiveAsync(session.AccessToken)).ShouldBe(!isOlder);
        }

        before.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task In_the_very_second_of_a_revocation_what_was_issued_before_is_dead_and_what_comes_after_lives()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);

        foreach (var chunk in Enumerable.Range(0, Counts.Of(10_000)).Chunk(100))
        {
            var pairs = new List<(StartedSession Older, StartedSession Newer)>();
            foreach (var i in chunk)
            {
                var older = await client.StartSessionAsync($"user-{i}");
                await client.RevokeAsync("subject", $"user-{i}");
                pairs.Add((older, await client.StartSessionAsync($"user-{i}")));
            }

            await client.RevokeAsync("session", pairs[0].Older.Id, waitSeconds: 2);

            foreach (var (older, newer) in pairs)
            {
                (await orders.StatusAsync(older.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
                (await orders.StatusAsync(newer.AccessToken)).ShouldBe(HttpStatusCode.OK);
            }
        }
    }

    private static HttpClient NewConnection(Uri url) =>
        new(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { BaseAddress = url, Timeout = TimeSpan.FromSeconds(30) };
}
