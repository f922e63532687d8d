using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

public sealed class RawWebSockets
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_revoked_session_closes_its_socket_with_4401_and_leaves_the_others()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));
        using var bob = await api.OpenAsync(api.Mint("bob"));
        await alice.ShouldEchoAsync("hello");

        api.Log.End(Match.Session("session-of-alice"));

        (await alice.HearToTheEndAsync()).Close.ShouldBe("4401 session_revoked");
        await bob.ShouldEchoAsync("still here");
        await Eventually.Async(() => api.Live == 1);
    }

    [Fact]
    public async Task Nothing_is_delivered_from_the_moment_that_the_verifier_knows()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.ShouldEchoAsync("hello");
        var server = api.Sockets.Of("alice");
        await api.EndACrowdAsync();

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));

        await Should.ThrowAsync<WebSocketException>(() => server.SayAsync("too late"));
        (await alice.HearToTheEndAsync()).Before.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_token_that_ends_closes_its_socket_with_4419_after_a_new_one_was_asked_for()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice", seconds: 3));

        var (close, before) = await alice.HearToTheEndAsync();

        close.ShouldBe("4419 token_expired");
        before.ShouldHaveSingleItem().ShouldStartWith("rescind:renew ");
    }

    [Fact]
    public async Task A_new_token_in_place_keeps_the_socket_beyond_the_end_of_the_old()
    {
        await using var api = await LiveApi.StartAsync();
        var ends = Minting.Now + 2;
        using var alice = await api.OpenAsync(api.Mint("alice", seconds: 2));

        (await alice.HearAsync()).ShouldStartWith("rescind:renew ");
        await alice.SayAsync("rescind:token " + api.Mint("alice", seconds: 300));

        (await alice.HearAsync()).ShouldBe("rescind:renewed 0");
        await Eventually.Async(() => Minting.Now > ends + 1);
        await alice.ShouldEchoAsync("still here");
    }

    [Fact]
    public async Task A_revocation_of_the_new_token_closes_it_and_one_of_the_old_does_not()
    {
        await using var api = await LiveApi.StartAsync();
        var (old, fresh) = (api.Mint("alice", claims: new { jti = "old" }), api.Mint("alice", claims: new { jti = "fresh" }));
        using var alice = await api.OpenAsync(old);
        await alice.SayAsync("rescind:token " + fresh);
        (await alice.HearAsync()).ShouldBe("rescind:renewed 0");

        await api.AppliedAsync(api.Log.End(Match.Token("old")));
        await alice.ShouldEchoAsync("still here");
        api.Log.End(Match.Token("fresh"));

        (await alice.HearToTheEndAsync()).Close.ShouldBe("4401 session_revoked");
    }

    [Theory]
    [InlineData("bob", "session-of-alice")]
    [InlineData("alice", "another-session")]
    public async Task The_token_of_another_person_or_session_closes_it_with_4403(string subject, string session)
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));

        await alice.SayAsync("rescind:token " + api.Mint(subject, session: session));

        var (close, before) = await alice.HearToTheEndAsync();
        close.ShouldBe("4403 not_allowed");
        before.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("no.token.atall")]
    [InlineData("one\r\nX-Header: two")]
    public async Task What_is_no_token_is_refused_and_the_old_one_goes_on_counting(string token)
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));

        await alice.SayAsync("rescind:token " + token);

        (await alice.HearAsync()).ShouldBe("rescind:refused");
        await alice.ShouldEchoAsync("still here");
    }

    // A bound token is no bearer token here either (PT-5).
    [Fact]
    public async Task A_token_that_is_bound_to_a_key_is_refused_and_the_old_one_goes_on_counting()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));

        await alice.SayAsync("rescind:token " + api.Mint("alice", claims: new { cnf = new { jkt = "x" } }));

        (await alice.HearAsync()).ShouldBe("rescind:refused");
        await alice.ShouldEchoAsync("still here");
    }

    [Fact]
    public async Task A_token_as_long_as_a_book_is_refused_within_bounded_memory()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));

        await alice.SayAsync("rescind:token " + new string('a', 4_000_000));

        (await alice.HearAsync()).ShouldBe("rescind:refused");
        await alice.ShouldEchoAsync("still here");
    }

    [Fact]
    public async Task Renew_holds_what_is_sent_until_the_new_token_is_there_and_loses_none_of_it()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.ShouldEchoAsync("hello");
        var server = api.Sockets.Of("alice");
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        await server.SayAsync("for the new role only").WaitAsync(Limit);
        await server.SendAsync("in two"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, default).WaitAsync(Limit);
        await server.SendAsync(" parts"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default).WaitAsync(Limit);
        (await alice.HearAsync()).ShouldStartWith("rescind:renew ");
        await alice.SayAsync("by the old role");
        await alice.SayAsync("rescind:token " + api.Mint("alice"));

        var heard = new[] { await alice.HearAsync(), await alice.HearAsync(), await alice.HearAsync() };
        heard.Where(static text => !text.StartsWith("rescind:", StringComparison.Ordinal))
            .ShouldBe(["for the new role only", "in two parts"]);
        heard.ShouldContain("rescind:renewed 1");
        await alice.ShouldEchoAsync("by the new role");
    }

    [Fact]
    public async Task A_socket_that_is_held_and_sent_too_much_is_closed_with_4419()
    {
        await using var api = await LiveApi.StartAsync(static verifier =>
            (verifier.Connections.RenewalMargin, verifier.Connections.MaxBacklogMessages) = (TimeSpan.FromMinutes(5), 10));
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.ShouldEchoAsync("hello");
        var server = api.Sockets.Of("alice");
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
        (await alice.HearAsync()).ShouldStartWith("rescind:renew ");

        for (var i = 0; i < 10; i++)
        {
            await server.SayAsync("kept").WaitAsync(Limit);
        }

        await Should.ThrowAsync<WebSocketException>(() => server.SayAsync("too much").WaitAsync(Limit));
        var (close, before) = await alice.HearToTheEndAsync();
        close.ShouldBe("4419 token_expired");
        before.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_kept_goes_before_the_close_of_the_app()
    {
        await using var api = await LiveApi.StartAsync(
            static verifier => verifier.Connections.RenewalMargin = TimeSpan.FromMinutes(5));
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.ShouldEchoAsync("hello");
        var server = api.Sockets.Of("alice");
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));
        (await alice.HearAsync()).ShouldStartWith("rescind:renew ");

        await server.SayAsync("goodbye").WaitAsync(Limit);
        var closing = server.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "the end", default);
        await alice.SayAsync("rescind:token " + api.Mint("alice"));

        var (close, before) = await alice.HearToTheEndAsync();
        close.ShouldBe("1000 the end");
        before.ShouldContain("goodbye");
        await closing;
    }

    [Fact]
    public async Task The_rest_of_a_message_is_not_taken_once_the_verifier_knows()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.SendAsync("the first part"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: false, default);
        var part = new byte[64];
        (await alice.ReceiveAsync(part, default)).Count.ShouldBe(14);
        await api.EndACrowdAsync();

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        await alice.SendAsync("the rest"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, default);

        (await alice.HearToTheEndAsync()).Close.ShouldBe("4401 session_revoked");
        api.Sockets.Received.ShouldBe(["the first part"]);
    }

    [Fact]
    public async Task A_message_of_which_the_rest_comes_while_a_renewal_is_awaited_ends_the_connection()
    {
        await using var api = await LiveApi.StartAsync(
            static verifier => verifier.Connections.RenewalMargin = TimeSpan.FromMinutes(5));
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.SendAsync("the first part"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: false, default);
        var part = new byte[64];
        (await alice.ReceiveAsync(part, default)).Count.ShouldBe(14);
        await api.AppliedAsync(api.Log.Renew(Match.Subject("alice")));

        await alice.SendAsync("the rest"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, default);

        (await alice.HearToTheEndAsync()).Close.ShouldBe("4419 token_expired");
        api.Sockets.Received.ShouldBe(["the first part"]);
    }

    [Fact]
    public async Task Renew_that_nobody_answers_closes_with_4419()
    {
        await using var api = await LiveApi.StartAsync(
            verifier => verifier.Connections.RenewalMargin = TimeSpan.FromMilliseconds(300));
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.ShouldEchoAsync("hello");

        api.Log.Renew(Match.Subject("alice"));

        (await alice.HearToTheEndAsync()).Close.ShouldBe("4419 token_expired");
    }

    [Fact]
    public async Task A_login_that_has_become_too_old_closes_with_4401_and_says_so()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));

        api.Log.Reauthenticate(Match.Subject("alice"));

        (await alice.HearToTheEndAsync()).Close.ShouldBe("4401 insufficient_user_authentication");
    }

    [Fact]
    public async Task A_stale_replica_holds_and_goes_on_when_it_is_fresh_again()
    {
        await using var api = await LiveApi.StartAsync(verifier => verifier.MaxStaleness = TimeSpan.FromSeconds(2));
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.ShouldEchoAsync("hello");
        api.Log.IsAway = true;
        await Eventually.Async(() => !api.Api.Status.IsFresh);

        await api.Sockets.Of("alice").SayAsync("when it is sure").WaitAsync(Limit);
        api.Log.IsAway = false;

        (await alice.HearAsync()).ShouldBe("when it is sure");
    }

    [Fact]
    public async Task A_replica_that_stays_stale_closes_with_1013()
    {
        await using var api = await LiveApi.StartAsync(verifier =>
            (verifier.MaxStaleness, verifier.Connections.StalePatience) =
                (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(500)));
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.ShouldEchoAsync("hello");

        api.Log.IsAway = true;

        (await alice.HearToTheEndAsync()).Close.ShouldBe("1013 try_again_later");
    }

    [Fact]
    public async Task A_client_that_never_answers_the_close_is_dropped()
    {
        await using var api = await LiveApi.StartAsync(
            verifier => verifier.Connections.CloseTimeout = TimeSpan.FromMilliseconds(300));
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.ShouldEchoAsync("hello");

        api.Log.End(Match.Subject("alice"));

        await Eventually.Async(() => api.Live == 0 && !api.Sockets.Has("alice"));
    }

    [Fact]
    public async Task A_client_that_never_reads_is_dropped_though_a_send_is_stuck()
    {
        await using var api = await LiveApi.StartAsync(
            verifier => verifier.Connections.CloseTimeout = TimeSpan.FromMilliseconds(300));
        using var alice = await api.OpenAsync(api.Mint("alice"));
        await alice.ShouldEchoAsync("hello");
        var stuck = api.Sockets.Of("alice").SayAsync(new string('x', 64_000_000));
        stuck.IsCompleted.ShouldBeFalse();

        api.Log.End(Match.Subject("alice"));

        await Eventually.Async(() => stuck.IsCompleted && api.Live == 0);
    }

    [Fact]
    public async Task A_message_that_only_begins_like_ours_is_the_apps()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));

        await alice.SendAsync("rescind:"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, default);
        await Task.Delay(50);
        await alice.SendAsync("tok, please"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);

        (await alice.HearAsync()).ShouldBe("rescind:tok, please");
    }

    [Fact]
    public async Task A_token_that_comes_in_pieces_is_taken()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));
        var text = System.Text.Encoding.UTF8.GetBytes("rescind:token " + api.Mint("alice"));

        foreach (var piece in text.Chunk(5))
        {
            await alice.SendAsync(piece, WebSocketMessageType.Text, endOfMessage: false, default);
        }

        await alice.SendAsync(Array.Empty<byte>(), WebSocketMessageType.Text, endOfMessage: true, default);

        (await alice.HearAsync()).ShouldBe("rescind:renewed 0");
    }

    [Fact]
    public async Task The_authority_is_told_how_many_there_are_and_how_many_were_closed()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));
        using var bob = await api.OpenAsync(api.Mint("bob"));
        await Eventually.Async(() => api.Live == 2);

        api.Log.End(Match.Subject("alice"));
        await alice.HearToTheEndAsync();

        await Eventually.Async(() => api.Log.LastPoll?.Connections == new ConnectionCounts(1, 1));
    }

    [Fact]
    public async Task One_of_a_hundred_users_loses_exactly_his_of_a_thousand_sockets()
    {
        await using var api = await LiveApi.StartAsync();
        var sockets = new List<(int User, ClientWebSocket Socket)>();
        for (var i = 0; i < 1000; i++)
        {
            var user = i % 100;
            sockets.Add((user, await api.OpenAsync(api.Mint($"user-{user}"))));
        }

        api.Log.End(Match.Subject("user-42"));

        foreach (var (_, socket) in sockets.Where(one => one.User == 42))
        {
            (await socket.HearToTheEndAsync()).Close.ShouldBe("4401 session_revoked");
        }

        await Eventually.Async(() => api.Live == 990);
        foreach (var (user, socket) in sockets.Where(one => one.User != 42))
        {
            await socket.ShouldEchoAsync($"hello from {user}");
        }

        sockets.ForEach(static one => one.Socket.Dispose());
    }
}
