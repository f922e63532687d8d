using System.Net;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

public sealed class EventStreams
{
    [Fact]
    public async Task A_revoked_session_is_told_why_and_its_stream_ends_cleanly()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await EventReader.OpenAsync(api, api.Mint("alice"));
        using var bob = await EventReader.OpenAsync(api, api.Mint("bob"));
        await alice.ReadAsync();

        api.Log.End(Match.Session("session-of-alice"));

        (await alice.ReadToTheEndAsync())[^2..].ShouldBe(["event: rescind", "data: close 4401 session_revoked"]);
        (await bob.ReadAsync()).ShouldStartWith("data: tick");
        await Eventually.Async(() => api.Live == 1);
    }

    [Fact]
    public async Task A_stream_whose_client_asks_for_a_socket_is_watched_all_the_same()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await EventReader.OpenAsync(
            api, api.Mint("alice"), "/events", null,
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="));
        await alice.ReadAsync();
        api.Live.ShouldBe(1);

        api.Log.End(Match.Session("session-of-alice"));

        (await alice.ReadToTheEndAsync())[^2..].ShouldBe(["event: rescind", "data: close 4401 session_revoked"]);
        await Eventually.Async(() => api.Live == 0);
    }

    [Fact]
    public async Task Coming_back_with_a_dead_token_is_401_which_stops_an_event_source_for_good()
    {
        await using var api = await LiveApi.StartAsync();
        var token = api.Mint("alice");
        await api.AppliedAsync(api.Log.End(Match.Session("session-of-alice")));

        (await api.Api.StatusAsync(token, "/events")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_that_ends_is_asked_for_in_an_event_and_ends_the_stream()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await EventReader.OpenAsync(api, api.Mint("alice", seconds: 10));

        var lines = await alice.ReadToTheEndAsync();

        lines.ShouldContain(line => line.StartsWith("data: renew ", StringComparison.Ordinal));
        lines[^1].ShouldBe("data: close 4419 token_expired");
    }

    [Fact]
    public async Task What_we_say_never_falls_into_an_event_of_the_app()
    {
        await using var api = await LiveApi.StartAsync();

        // By chance one is asked between two events; hardly ever all are.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            using var alice = await EventReader.OpenAsync(api, api.Mint("alice", seconds: 10), "/pieces");

            var lines = await alice.ReadToTheEndAsync();

            var said = lines.IndexOf("event: rescind");
            said.ShouldBeGreaterThan(0);
            lines[said - 1].ShouldBe("data: end of it");
            lines[said + 1].ShouldStartWith("data: renew ");
        }));
    }

    [Fact]
    public async Task A_stream_that_is_stale_for_too_long_ends_with_1013()
    {
        await using var api = await LiveApi.StartAsync(verifier =>
            (verifier.MaxStaleness, verifier.Connections.StalePatience) =
                (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(500)));
        using var alice = await EventReader.OpenAsync(api, api.Mint("alice"));

        api.Log.IsAway = true;

        (await alice.ReadToTheEndAsync())[^1].ShouldBe("data: close 1013 try_again_later");
    }

    [Fact]
    public async Task Any_other_answer_is_cut_with_its_session()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await EventReader.OpenAsync(api, api.Mint("alice"), "/download");
        (await alice.ReadAsync()).ShouldBe("a line");

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));

        (await alice.ReadToTheEndAsync()).ShouldAllBe(static line => line == "a line");
        await Eventually.Async(() => api.Live == 0);
    }

    [Fact]
    public async Task A_client_that_comes_back_with_an_id_that_is_none_is_400()
    {
        await using var api = await LiveApi.StartAsync();
        var token = api.Mint("alice");

        (await StatusAsync(new string('9', 1024))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(new string('9', 1025))).ShouldBe(HttpStatusCode.BadRequest);
        (await StatusAsync("1\u007f2")).ShouldBe(HttpStatusCode.BadRequest);

        async Task<HttpStatusCode> StatusAsync(string id)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/brief")
            {
                Headers = { Authorization = new("Bearer", token) },
            };
            request.Headers.TryAddWithoutValidation("Last-Event-ID", id);
            using var answer = await api.Api.Http.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_client_that_never_reads_is_dropped()
    {
        await using var api = await LiveApi.StartAsync(
            verifier => verifier.Connections.CloseTimeout = TimeSpan.FromMilliseconds(300));
        using var alice = await EventReader.OpenAsync(api, api.Mint("alice"), "/flood");
        api.Live.ShouldBe(1);

        api.Log.End(Match.Subject("alice"));

        await Eventually.Async(() => api.Live == 0);
    }

    [Fact]
    public async Task Who_was_let_in_without_a_token_to_watch_is_401()
    {
        await using var api = await LiveApi.StartAsync();

        (await api.Api.StatusAsync(null, "/guests")).ShouldBe(HttpStatusCode.Unauthorized);

        api.Api.Logs.GetSnapshot().ShouldContain(static line => line.Id.Id == 3403);
    }

    [Fact]
    public async Task One_of_a_hundred_users_loses_exactly_his_of_a_thousand_streams()
    {
        await using var api = await LiveApi.StartAsync();
        var streams = new List<(int User, EventReader Reader)>();
        for (var i = 0; i < 1000; i++)
        {
            var user = i % 100;
            streams.Add((user, await EventReader.OpenAsync(api, api.Mint($"user-{user}"), "/quiet")));
        }

        api.Log.End(Match.Subject("user-42"));

        foreach (var (_, reader) in streams.Where(one => one.User == 42))
        {
            (await reader.ReadToTheEndAsync())[^1].ShouldBe("data: close 4401 session_revoked");
        }

        await Eventually.Async(() => api.Live == 990);
        streams.ForEach(static one => one.Reader.Dispose());
    }
}
