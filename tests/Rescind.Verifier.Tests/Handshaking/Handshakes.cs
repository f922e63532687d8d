using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Rescind.Verifier.Connections.WebSockets;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Handshaking;

/// <summary>
/// How a browser, which can set no header, brings its token: cookie, ticket, first message; and whom each of them keeps
/// out.
/// </summary>
public sealed class Handshakes
{
    private const string Cookie = "__Host-token";

    [Fact]
    public async Task A_cookie_opens_a_socket_from_our_own_pages_and_from_those_of_a_friend()
    {
        await using var api = await StartWithCookieAsync();
        var token = api.Mint("alice");
        foreach (var origin in new[] { Own(api), "https://www.friend.example" })
        {
            using var alice = await api.OpenAtAsync("ticker", ("Cookie", $"{Cookie}={token}"), ("Origin", origin));
            await alice.ShouldEchoAsync("hello");
        }
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1")]
    [InlineData(null)]
    public async Task A_cookie_from_elsewhere_or_from_nowhere_opens_none(string? origin)
    {
        await using var api = await StartWithCookieAsync();
        (string, string)[] headers =
            [("Cookie", $"{Cookie}={api.Mint("alice")}"), .. origin is null ? [] : new[] { ("Origin", origin) }];

        var refused = await Should.ThrowAsync<WebSocketException>(() => api.OpenAtAsync("ticker", headers));

        refused.Message.ShouldContain("403");
        api.Live.ShouldBe(0);
    }

    [Fact]
    public async Task A_cookie_counts_on_watched_routes_alone_and_only_where_it_was_named()
    {
        await using var api = await StartWithCookieAsync();
        var token = api.Mint("alice");

        (await StatusAsync(api, "/orders", ("Cookie", $"{Cookie}={token}"))).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(api, "/brief", ("Cookie", $"another={token}"))).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(api, "/brief", ("Cookie", $"{Cookie}={token}"))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(api, "/brief", ("Cookie", $"{Cookie}={token}"), ("Sec-Fetch-Site", "cross-site")))
            .ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("none", "navigate", null, HttpStatusCode.OK)]
    [InlineData("none", null, null, HttpStatusCode.OK)]
    [InlineData("same-origin", "cors", null, HttpStatusCode.OK)]
    [InlineData("cross-site", "navigate", "https://www.friend.example/page", HttpStatusCode.OK)]
    [InlineData("none", "cors", null, HttpStatusCode.Forbidden)]
    [InlineData("same-site", "navigate", null, HttpStatusCode.Forbidden)]
    [InlineData("cross-site", "navigate", "https://evil.example/www.friend.example", HttpStatusCode.Forbidden)]
    [InlineData("None", "navigate", null, HttpStatusCode.Forbidden)]
    public async Task A_person_may_type_the_address_of_a_watched_route(
        string site, string? mode, string? referer, HttpStatusCode expected)
    {
        await using var api = await StartWithCookieAsync();
        List<(string, string)> headers = [("Cookie", $"{Cookie}={api.Mint("alice")}"), ("Sec-Fetch-Site", site)];
        headers.AddRange(mode is null ? [] : [("Sec-Fetch-Mode", mode)]);
        headers.AddRange(referer is null ? [] : [("Referer", referer)]);

        (await StatusAsync(api, "/brief", [.. headers])).ShouldBe(expected);
    }

    [Fact]
    public async Task A_typed_address_only_reads_and_opens_no_socket()
    {
        await using var api = await StartWithCookieAsync();
        var cookie = $"{Cookie}={api.Mint("alice")}";
        using var post = new HttpRequestMessage(HttpMethod.Post, "/brief")
        {
            Headers = { { "Cookie", cookie }, { "Sec-Fetch-Site", "none" }, { "Sec-Fetch-Mode", "navigate" } },
        };

        using var answer = await api.Api.Http.SendAsync(post);

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await Should.ThrowAsync<WebSocketException>(() =>
            api.OpenAtAsync("ticker", ("Cookie", cookie), ("Sec-Fetch-Site", "none"))))
            .Message.ShouldContain("403");
    }

    [Fact]
    public async Task A_hub_whose_tokens_the_host_would_log_is_told_of_once_at_the_start()
    {
        await using var api = await LiveApi.StartAsync();

        api.Api.Logs.GetSnapshot().Count(static line => line.Id.Id == 3016).ShouldBe(1);
    }

    [Fact]
    public async Task A_revoked_session_closes_what_its_cookie_opened()
    {
        await using var api = await StartWithCookieAsync();
        using var alice = await api.OpenAtAsync("ticker", ("Cookie", $"{Cookie}={api.Mint("alice")}"), ("Origin", Own(api)));

        api.Log.End(Match.Subject("alice"));

        (await alice.HearToTheEndAsync()).Close.ShouldBe("4401 session_revoked");
    }

    [Fact]
    public async Task A_ticket_opens_one_connection_and_no_second()
    {
        await using var api = await LiveApi.StartAsync();
        var ticket = await TicketAsync(api, api.Mint("alice"));
        using var alice = await api.OpenAtAsync("ticker?ticket=" + ticket);
        await alice.ShouldEchoAsync("hello");

        (await Should.ThrowAsync<WebSocketException>(() => api.OpenAtAsync("ticker?ticket=" + ticket))).Message
            .ShouldContain("401");
        api.Log.End(Match.Subject("alice"));

        (await alice.HearToTheEndAsync()).Close.ShouldBe("4401 session_revoked");
    }

    [Fact]
    public async Task A_ticket_whose_token_was_taken_back_meanwhile_opens_nothing()
    {
        await using var api = await LiveApi.StartAsync();
        var ticket = await TicketAsync(api, api.Mint("alice"));
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));

        (await Should.ThrowAsync<WebSocketException>(() => api.OpenAtAsync("ticker?ticket=" + ticket))).Message
            .ShouldContain("401");
    }

    [Fact]
    public async Task A_ticket_beside_a_token_is_400_and_on_other_routes_it_is_nothing()
    {
        await using var api = await LiveApi.StartAsync();
        var token = api.Mint("alice");
        var ticket = await TicketAsync(api, token);

        (await api.Api.StatusAsync(token, "/brief?ticket=" + ticket)).ShouldBe(HttpStatusCode.BadRequest);
        (await api.Api.StatusAsync(null, $"/brief?ticket={ticket}&ticket={ticket}")).ShouldBe(HttpStatusCode.BadRequest);
        (await api.Api.StatusAsync(null, "/orders?ticket=" + ticket)).ShouldBe(HttpStatusCode.Unauthorized);
        (await api.Api.StatusAsync(null, "/brief?ticket=" + ticket)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Nobody_gets_a_ticket_without_a_token()
    {
        await using var api = await LiveApi.StartAsync();

        using var answer = await api.Api.PostAsync(null, "/tickets");

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_smuggled_in_as_a_subprotocol_is_none()
    {
        await using var api = await LiveApi.StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat");
        socket.Options.AddSubProtocol(api.Mint("alice"));

        var refused = await Should.ThrowAsync<WebSocketException>(() => socket.ConnectAsync(
            new UriBuilder(api.Api.Http.BaseAddress!) { Scheme = "ws", Path = "/ticker" }.Uri, default));

        refused.Message.ShouldContain("401");
    }

    [Fact]
    public async Task A_first_message_opens_a_socket_that_ends_with_its_session()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAtAsync("first");
        await alice.SayAsync("rescind:token " + api.Mint("alice"));
        (await alice.HearAsync()).ShouldBe("rescind:renewed 0");
        await alice.ShouldEchoAsync("hello");

        api.Log.End(Match.Subject("alice"));

        (await alice.HearToTheEndAsync()).Close.ShouldBe("4401 session_revoked");
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("rescind:token no.token.atall")]
    [InlineData("rescind:token ")]
    public async Task A_first_message_that_is_no_valid_token_closes_with_4401(string message)
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAtAsync("first");

        await alice.SayAsync(message);

        (await alice.HearToTheEndAsync()).ShouldSatisfyAllConditions(
            heard => heard.Close.ShouldBe("4401 invalid_token"), heard => heard.Before.ShouldBeEmpty());
        api.Live.ShouldBe(0);
    }

    [Fact]
    public async Task A_first_message_that_cannot_be_judged_now_closes_with_1013_unless_its_token_is_known_to_be_dead()
    {
        await using var api = await LiveApi.StartAsync(static verifier => verifier.MaxStaleness = TimeSpan.FromMilliseconds(600));
        await api.AppliedAsync(api.Log.End(Match.Subject("bob")));
        api.Log.IsAway = true;
        await Eventually.Async(() => !api.Api.Status.IsFresh);
        using var alice = await api.OpenAtAsync("first");
        using var bob = await api.OpenAtAsync("first");

        await alice.SayAsync("rescind:token " + api.Mint("alice"));
        await bob.SayAsync("rescind:token " + api.Mint("bob", claims: new { lpos = 0 }));

        (await alice.HearToTheEndAsync()).Close.ShouldBe("1013 try_again_later");
        (await bob.HearToTheEndAsync()).Close.ShouldBe("4401 invalid_token");
    }

    [Fact]
    public async Task A_first_message_that_never_ends_closes_when_it_is_too_long()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAtAsync("first");

        await alice.SendAsync(
            new byte[LiveWebSocket.MaxControlBytes + 1], WebSocketMessageType.Text, endOfMessage: false, default);

        (await alice.HearToTheEndAsync()).Close.ShouldBe("4401 invalid_token");
    }

    [Fact]
    public async Task A_socket_that_says_nothing_is_closed_with_4408()
    {
        await using var api = await LiveApi.StartAsync();
        using var silent = await api.OpenAtAsync("first");

        (await silent.HearToTheEndAsync()).Close.ShouldBe("4408 no_credentials");
    }

    [Fact]
    public async Task Of_more_strangers_than_are_waited_for_the_last_is_sent_away()
    {
        // However long it takes until all of them are there, none has been waited for too long.
        await using var api = await LiveApi.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow));
        var strangers = await Task.WhenAll(Enumerable.Range(0, FirstMessages.MaxStrangers).Select(_ => api.OpenAtAsync("first")));

        using var last = await api.OpenAtAsync("first");

        (await last.HearToTheEndAsync()).Close.ShouldBe("1013 try_again_later");
        Array.ForEach(strangers, static one => one.Dispose());
    }

    [Fact]
    public async Task A_socket_that_brings_its_token_in_the_header_need_not_say_it_again()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAtAsync("first", ("Authorization", "Bearer " + api.Mint("alice")));

        await alice.ShouldEchoAsync("hello");
    }

    [Fact]
    public async Task A_request_that_is_no_socket_gets_nothing_by_a_first_message()
    {
        await using var api = await LiveApi.StartAsync();

        (await api.Api.StatusAsync(null, "/first")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static Task<LiveApi> StartWithCookieAsync() => LiveApi.StartAsync(static verifier =>
    {
        verifier.Connections.Cookie = Cookie;
        verifier.Connections.Origins.Add("https://www.friend.example");
    });

    private static string Own(LiveApi api) => api.Api.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    private static async Task<string> TicketAsync(LiveApi api, string token)
    {
        using var answer = await api.Api.PostAsync(token, "/tickets");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["ticket"]!;
    }

    private static async Task<HttpStatusCode> StatusAsync(LiveApi api, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await api.Api.Http.SendAsync(request);
        return answer.StatusCode;
    }
}
