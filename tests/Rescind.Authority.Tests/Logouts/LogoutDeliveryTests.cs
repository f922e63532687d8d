using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Client.Tests.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Authority.Tests.Logouts;

/// <summary>
/// Clients are told which of their sessions ended (BL-6): a real server takes real calls. The Authority's clock stands
/// still unless a test moves it, so no pause ends and no patience by itself.
/// </summary>
public sealed class LogoutDeliveryTests : IAsyncLifetime
{
    private readonly SettableTime _time = new(DateTimeOffset.UtcNow);
    private AuthorityHost _authority = null!;
    private LogoutReceiver _shop = null!;

    public async ValueTask InitializeAsync()
    {
        _authority = await AuthorityHost.StartAsync(services => services.AddSingleton<TimeProvider>(_time));
        _shop = await LogoutReceiver.StartAsync();
        await _authority.AddToldClientAsync("shop", _shop);
    }

    public async ValueTask DisposeAsync()
    {
        await _authority.DisposeAsync();
        await _shop.DisposeAsync();
    }

    [Fact]
    public async Task A_stock_reader_with_the_published_keys_takes_the_token_and_the_Authority_does_not()
    {
        var session = await _authority.StartSessionAsync(clientId: "shop");

        await _authority.RevokeAsync(Match.Session(session.Id));

        await Eventually.Async(() => _shop.Told.Count == 1);
        var told = _shop.Told[0];
        (told.Method, told.Path, told.Parameter).ShouldBe(("POST", "/logout", "logout_token"));
        var read = await ReadAsync(told.Token);
        read.IsValid.ShouldBeTrue(read.Exception?.Message);
        read.Claims.Keys.ShouldBe(["iss", "aud", "iat", "exp", "jti", "sub", "sid", "events"], ignoreOrder: true);
        (read.Claims["sub"], read.Claims["sid"]).ShouldBe(("alice", session.Id));
        read.Claims["events"].ToString().ShouldBe("""{"http://schemas.openid.net/event/backchannel-logout":{}}""");
        read.SecurityToken.ValidTo.ShouldBe(((JsonWebToken)read.SecurityToken).IssuedAt.AddMinutes(2));
        _authority.Read(told.Token).ShouldBeNull();
    }

    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.NoContent)]
    public async Task What_a_client_took_is_over(HttpStatusCode status)
    {
        _shop.AnswerAlways(status);
        await _authority.StartAsync("shop", 3);

        await _authority.RevokeAsync(Match.Subject("alice"));

        await Eventually.Async(() => _authority.IsDoneAsync("shop"));
        _shop.Sessions.Distinct().Count().ShouldBe(3);
        (await _authority.Get<IRegistryStore>().AuditAsync(new(null, null, "system", default, 100), CancellationToken.None)).Rows
            .ShouldNotContain(entry => entry.Action.StartsWith("logout."));
    }

    [Theory]
    [InlineData(HttpStatusCode.Accepted)]
    [InlineData(HttpStatusCode.Found)]
    [InlineData(HttpStatusCode.TemporaryRedirect)]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task Whatever_else_it_answers_it_is_told_again_with_the_same_id_in_a_token_of_then(HttpStatusCode status)
    {
        _shop.AnswerAlways(status);
        await _authority.StartAsync("shop", 1);
        await _authority.RevokeAsync(Match.Subject("alice"));
        await Eventually.Async(() => _shop.Told.Count == 1);

        _shop.AnswerAlways(HttpStatusCode.OK);
        await AdvanceAsync(TimeSpan.FromSeconds(1), () => _authority.IsDoneAsync("shop"));

        var (first, last) = (_shop.Told[0], _shop.Told[^1]);
        _shop.Told.ShouldAllBe(told => told.Id == first.Id && told.Path == "/logout");
        (await ReadAsync(last.Token)).SecurityToken.ValidTo
            .ShouldBeGreaterThan((await ReadAsync(first.Token)).SecurityToken.ValidTo);
    }

    [Fact]
    public async Task A_refusal_is_final_and_audited()
    {
        _shop.AnswerAlways(HttpStatusCode.BadRequest);
        var session = (await _authority.StartAsync("shop", 1))[0];

        await _authority.RevokeAsync(Match.Subject("alice"));

        await Eventually.Async(() => _authority.IsDoneAsync("shop"));
        _shop.Sessions.ShouldBe([session]);
        (await AuditedAsync("logout.refused")).Select(entry => (entry.SessionId, entry.Subject)).ShouldBe([(session, "alice")]);
    }

    [Fact]
    public async Task While_a_client_fails_its_logouts_wait_and_those_of_others_do_not()
    {
        await using var other = await LogoutReceiver.StartAsync();
        await _authority.AddToldClientAsync("other", other);
        _shop.AnswerAlways(HttpStatusCode.InternalServerError);
        await _authority.StartAsync("shop", 20);
        var sessions = await _authority.StartAsync("other", 20);

        await _authority.RevokeAsync(Match.Subject("alice"));

        await Eventually.Async(() => _authority.IsDoneAsync("other"));
        other.Sessions.ShouldBe(sessions, ignoreOrder: true);
        await Eventually.Async(() => _shop.Told.Count == 1);
    }

    [Fact]
    public async Task A_client_that_never_answers_is_left_after_five_seconds_and_holds_up_nobody()
    {
        await using var other = await LogoutReceiver.StartAsync();
        await _authority.AddToldClientAsync("other", other);
        var left = new TaskCompletionSource();
        _shop.Answer = (_, context) =>
            Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => left.TrySetResult());
        await _authority.StartAsync("shop", 20);
        var sessions = await _authority.StartAsync("other", 20);

        await _authority.RevokeAsync(Match.Subject("alice"));

        await Eventually.Async(() => _authority.IsDoneAsync("other"));
        other.Sessions.ShouldBe(sessions, ignoreOrder: true);
        await Eventually.Async(() => _shop.Told.Count == 1);
        left.Task.IsCompleted.ShouldBeFalse();
        await AdvanceAsync(TimeSpan.FromSeconds(5), () => Task.FromResult(left.Task.IsCompleted));
    }

    [Fact]
    public async Task A_logout_that_a_client_cannot_take_does_not_hold_up_the_rest()
    {
        var sessions = await _authority.StartAsync("shop", 10);
        _shop.Answer = (told, context) =>
        {
            context.Response.StatusCode = told.SessionId == sessions[0] ? 500 : 200;
            return Task.CompletedTask;
        };

        await _authority.RevokeAsync(Match.Subject("alice"));

        await AdvanceAsync(
            TimeSpan.FromSeconds(1), () => Task.FromResult(sessions.All(session => _shop.Sessions.Contains(session))));
    }

    [Fact]
    public async Task A_session_that_was_given_back_before_it_was_told_is_not_told()
    {
        _shop.AnswerAlways(HttpStatusCode.ServiceUnavailable);
        var (back, gone) =
            ((await _authority.StartAsync("shop", 1, "alice"))[0], (await _authority.StartAsync("shop", 1, "bob"))[0]);
        var act = await _authority.RevokeAsync(Match.Subject("alice"));
        await Eventually.Async(() => _shop.Told.Count == 1);
        await _authority.RevokeAsync(Match.Subject("bob"));
        await _authority.Revocations.LiftAsync(act.Revocation!.Position, AuditContext.System, CancellationToken.None);

        _shop.AnswerAlways(HttpStatusCode.OK);
        await AdvanceAsync(TimeSpan.FromSeconds(1), () => _authority.IsDoneAsync("shop"));

        _shop.Sessions.Count(session => session == back).ShouldBe(1);
        _shop.Sessions.ShouldContain(gone);
    }

    [Fact]
    public async Task After_a_day_a_logout_is_given_up_and_audited()
    {
        _shop.AnswerAlways(HttpStatusCode.InternalServerError);
        var sessions = await _authority.StartAsync("shop", 150);
        await _authority.RevokeAsync(Match.Subject("alice"));
        await Eventually.Async(() => _shop.Told.Count == 1);

        _time.Advance(TimeSpan.FromHours(23));
        await AdvanceAsync(TimeSpan.FromSeconds(1), () => Task.FromResult(_shop.Told.Count >= 2));
        var before = await AuditedAsync("logout.undelivered");
        await AdvanceAsync(TimeSpan.FromHours(1), () => _authority.IsDoneAsync("shop"));

        before.ShouldBeEmpty();
        (await AuditedAsync("logout.undelivered")).Select(entry => entry.SessionId).ShouldBe(sessions, ignoreOrder: true);
    }

    [Fact]
    public async Task A_clock_that_is_ahead_for_a_while_gives_no_logout_up()
    {
        _shop.AnswerAlways(HttpStatusCode.InternalServerError);
        var sessions = await _authority.StartAsync("shop", 2);
        await _authority.RevokeAsync(Match.Subject("alice"));
        await Eventually.Async(() => _shop.Told.Count == 1);

        _time.Set(TimeSpan.FromDays(100));
        await AdvanceAsync(TimeSpan.FromSeconds(1), () => Task.FromResult(_shop.Told.Count >= 3));
        _time.Set(TimeSpan.FromDays(-100));
        (await AuditedAsync("logout.undelivered")).ShouldBeEmpty();
        _shop.AnswerAlways(HttpStatusCode.OK);
        await AdvanceAsync(TimeSpan.FromSeconds(1), () => _authority.IsDoneAsync("shop"));

        _shop.Sessions.Distinct().ShouldBe(sessions, ignoreOrder: true);
    }

    [Fact]
    public async Task A_thousand_sessions_of_a_tag_are_told_once_each()
    {
        var model = await _authority.StartSessionAsync(clientId: "shop");
        var sessions = await Task.WhenAll(Enumerable.Range(0, 1000).Select(async _ =>
        {
            var row = model with { Id = Entropy.System.NextId(), Tags = [new("tenant", "acme", default)] };
            return (await _authority.Get<ISessionStore>()
                .StartAsync(new() { Session = row, Audit = AuditContext.System }, default)).Session!.Id;
        }));

        await _authority.RevokeAsync(Match.Tag("tenant", "acme"));

        await Eventually.Async(() => _authority.IsDoneAsync("shop"));
        _shop.Sessions.ShouldBe(sessions, ignoreOrder: true);
    }

    private async Task<TokenValidationResult> ReadAsync(string token)
    {
        var keys = new JsonWebKeySet((await _authority.GetAsync("/.well-known/jwks.json")).Text);
        return await new JsonWebTokenHandler().ValidateTokenAsync(token, new()
        {
            ValidIssuer = AuthorityHost.Issuer, ValidAudience = "shop", ValidTypes = ["logout+jwt"], ValidAlgorithms = ["ES256"],
            IssuerSigningKeys = keys.Keys, TryAllIssuerSigningKeys = false,
        });
    }

    private async Task<IEnumerable<AuditEntry>> AuditedAsync(string action) =>
        (await _authority.Get<IRegistryStore>().AuditAsync(new(null, null, "system", default, 1000), CancellationToken.None)).Rows
        .Where(entry => entry.Action == action);

    // What waits on the clock may not have begun to: time goes on until it has.
    private Task AdvanceAsync(TimeSpan step, Func<Task<bool>> condition) => Eventually.Async(() =>
    {
        _time.Advance(step);
        return condition();
    });
}
