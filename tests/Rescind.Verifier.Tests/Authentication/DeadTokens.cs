using System.Net;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

public sealed class DeadTokens
{
    private readonly FakeLog _log = new();

    [Fact]
    public async Task A_good_token_passes_and_names_its_subject()
    {
        await using var api = await Api.StartAsync(_log);

        using var answer = await api.GetAsync(_log.Mint());

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("alice");
    }

    [Fact]
    public async Task Whatever_is_revoked_is_refused_and_its_neighbours_are_not()
    {
        await using var api = await Api.StartAsync(_log);
        var other = _log.Mint(new { jti = "token-2", sid = "session-2", sub = "bob" });
        var tokens = new[]
        {
            (Token: _log.Mint(), Match: Match.Token("token-1")),
            (Token: _log.Mint(new { jti = "t3", sid = "s3", sub = "carol" }), Match: Match.Session("s3")),
            (Token: _log.Mint(new { jti = "t4", sid = "s4", sub = "dave" }), Match: Match.Subject("dave")),
        };

        foreach (var (token, match) in tokens)
        {
            (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
            var position = _log.End(match);
            await Eventually.Async(() => api.Status.Position >= position);
            using var answer = await api.GetAsync(token);
            answer.ShouldBeDead();
        }

        (await api.StatusAsync(other)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Renew_is_401_invalid_token_and_a_new_token_passes()
    {
        await using var api = await Api.StartAsync(_log);
        var old = _log.Mint();
        var position = _log.Renew(Match.Subject("alice"));
        await Eventually.Async(() => api.Status.Position >= position);

        using var answer = await api.GetAsync(old);

        answer.ShouldBeDead();
        (await api.StatusAsync(_log.Mint(new { jti = "token-2" }))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_revoked_key_kills_what_it_signed()
    {
        await using var api = await Api.StartAsync(_log);
        var position = _log.End(Match.Key(_log.Key.KeyId));
        await Eventually.Async(() => api.Status.Position >= position);

        using var answer = await api.GetAsync(_log.Mint());

        answer.ShouldBeDead();
    }

    [Fact]
    public async Task A_revoked_key_that_is_gone_is_dead_whatever_its_thief_writes_and_even_to_a_stale_replica()
    {
        await using var api = await Api.StartAsync(_log);
        var (dead, position) = (_log.Key, _log.End(Match.Key(_log.Key.KeyId)));
        _log.Announce(new SigningKey());
        _log.Withdraw(dead);
        await Eventually.Async(() => api.Status.Position == _log.Head.Position);

        using var newer = await api.GetAsync(_log.Mint(new { lpos = LogPosition.MaxValue }));
        _log.IsAway = true;
        await Eventually.Async(() => !api.Status.IsFresh);
        using var stale = await api.GetAsync(_log.Mint());

        newer.ShouldBeDead();
        stale.ShouldBeDead();
    }

    [Fact]
    public async Task A_key_that_the_log_announces_verifies_without_any_fetch()
    {
        await using var api = await Api.StartAsync(_log);
        var next = new SigningKey();
        _log.Announce(next);
        await Eventually.Async(() => api.Status.Position == _log.Head.Position);

        (await api.StatusAsync(_log.Mint(key: next))).ShouldBe(HttpStatusCode.OK);
    }
}
