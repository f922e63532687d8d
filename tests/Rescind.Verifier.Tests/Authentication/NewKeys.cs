using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>
/// Tokens under a key that their issuer has just published, or has not: unknown until its keys were asked for since
/// (JWK-7).
/// </summary>
public sealed class NewKeys : IAsyncLifetime
{
    private readonly FakeLog _log = new();
    private readonly SigningKey _old = new();
    private readonly SigningKey _new = new();
    private KeyPublisher _issuer = null!;

    public async ValueTask InitializeAsync() => _issuer = await KeyPublisher.StartAsync(_log, _old);

    public ValueTask DisposeAsync() => _issuer.DisposeAsync();

    [Fact]
    public async Task A_token_under_a_new_key_is_never_refused_and_soon_taken()
    {
        await using var api = await StartAsync();
        await SoonAsync(api, Token(_old), HttpStatusCode.OK);
        _issuer.Publish(_old, _new);

        await SoonAsync(api, Token(_new), HttpStatusCode.OK);
    }

    [Fact]
    public async Task Names_that_anybody_invents_do_not_keep_a_genuine_token_out()
    {
        await using var api = await StartAsync();
        await SoonAsync(api, Token(_old), HttpStatusCode.OK);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => api.StatusAsync(Invented(i))));
        _issuer.Publish(_old, _new);
        using var end = new CancellationTokenSource();
        var flood = FloodAsync(api, end.Token);

        await SoonAsync(api, Token(_new), HttpStatusCode.OK);

        await end.CancelAsync();
        (await flood).ShouldBeSubsetOf([HttpStatusCode.Unauthorized, HttpStatusCode.ServiceUnavailable]);
    }

    [Fact]
    public async Task An_invented_name_is_refused_once_the_keys_were_asked_for_since()
    {
        await using var api = await StartAsync();

        await SoonAsync(api, Invented(0), HttpStatusCode.Unauthorized);
        await SoonAsync(api, Invented(1), HttpStatusCode.Unauthorized);

        _issuer.Fetches.ShouldBeGreaterThanOrEqualTo(2);
    }

    [Fact]
    public async Task Requests_that_come_together_share_one_fetch_which_comes_once_in_five_seconds()
    {
        await using var api = await StartAsync();
        await SoonAsync(api, Token(_old), HttpStatusCode.OK);
        _issuer.Publish(_old, _new);
        var (before, started) = (_issuer.Fetches, TimeProvider.System.GetTimestamp());

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => api.StatusAsync(Token(_new))));

        answers.ShouldAllBe(status => status == HttpStatusCode.OK || status == HttpStatusCode.ServiceUnavailable);
        var most = 1 + (int)(TimeProvider.System.GetElapsedTime(started) / FetchTimes.Pause);
        (_issuer.Fetches - before).ShouldBeLessThanOrEqualTo(most);
    }

    [Fact]
    public async Task Keys_that_cannot_be_had_are_unknown_and_the_answer_says_when_to_come_again()
    {
        await using var api = await StartAsync();
        Func<HttpContext, Task>[] failures =
        [
            static context => Task.FromResult(context.Response.StatusCode = 500),
            static context => context.Response.WriteAsync("<html>"),
            static context => context.Response.WriteAsync("{\"keys\":[" + new string(' ', PublicKeySet.MaxBytes) + "]}"),
            static context => Task.Delay(Timeout.Infinite, context.RequestAborted),
        ];
        foreach (var failure in failures)
        {
            _issuer.Instead = failure;

            using var answer = await api.GetAsync(Token(_old));

            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            answer.Headers.RetryAfter.ShouldNotBeNull().Delta!.Value
                .ShouldBeInRange(TimeSpan.FromSeconds(1), FetchTimes.LongestPause);
        }
    }

    [Fact]
    public async Task A_key_that_its_issuer_publishes_no_more_is_refused_once_the_keys_were_asked_for_again()
    {
        await using var api = await StartAsync();
        await SoonAsync(api, Token(_old), HttpStatusCode.OK);
        _issuer.Publish(_new);

        await SoonAsync(api, Token(_new), HttpStatusCode.OK);

        await SoonAsync(api, Token(_old), HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_key_that_was_taken_back_is_dead_though_its_issuer_cannot_be_asked_for_it()
    {
        await using var api = await StartAsync();
        _issuer.Instead = static context => Task.FromResult(context.Response.StatusCode = 500);
        (await api.StatusAsync(Token(_old))).ShouldBe(HttpStatusCode.ServiceUnavailable);
        var position = _log.EndAt(_issuer.Url, Match.Key(_old.KeyId));
        await Eventually.Async(() => api.Status.Position >= position);

        (await api.StatusAsync(Token(_old))).ShouldBe(HttpStatusCode.Unauthorized);
        (await api.StatusAsync(Token(_new))).ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task As_a_first_message_such_a_token_is_told_to_come_again_and_never_to_log_in()
    {
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log,
            Schemes = schemes => _issuer.AddTo(schemes),
            Services = static services => services.AddSingleton<Sockets>(),
            Routes = static app =>
            {
                app.UseWebSockets();
                app.Map("/first", (RequestDelegate)Sockets.EchoAsync).TakeTokenFromFirstMessage();
            },
        });
        _issuer.Instead = static context => Task.FromResult(context.Response.StatusCode = 500);
        (await FirstMessageAsync(api, Token(_old))).ShouldBe("1013 try_again_later");
        _issuer.Instead = null;

        await FirstMessageSoonAsync(api, Token(_old), "rescind:renewed 0");
        _issuer.Publish(_old, _new);
        await FirstMessageSoonAsync(api, Token(_new), "rescind:renewed 0");
        await FirstMessageSoonAsync(api, Invented(0), "4401 invalid_token");
    }

    [Fact]
    public async Task Where_the_app_has_written_the_keys_down_there_are_no_others()
    {
        var written = new OpenIdConnectConfiguration { Issuer = _issuer.Url };
        written.SigningKeys.Add(new Microsoft.IdentityModel.Tokens.JsonWebKey(_old.Jwk));
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log,
            Schemes = schemes =>
                schemes.AddJwtBearer(jwt => (jwt.Configuration, jwt.Audience) = (written, "orders")).AddRevocation(),
        });

        (await api.StatusAsync(Token(_old))).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(Token(_new))).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_resolver_of_the_app_is_asked_for_the_key()
    {
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log,
            Schemes = schemes => schemes.AddJwtBearer(jwt =>
            {
                jwt.Audience = "orders";
                jwt.TokenValidationParameters.ValidIssuer = _issuer.Url;
                jwt.TokenValidationParameters.IssuerSigningKeyResolver = (_, _, kid, _) => kid == _new.KeyId
                    ? throw new HttpRequestException("away")
                    : [new Microsoft.IdentityModel.Tokens.JsonWebKey(_old.Jwk)];
            }).AddRevocation(),
        });

        (await api.StatusAsync(Token(_old))).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(Token(_new))).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await api.StatusAsync(Invented(0))).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_manager_of_the_app_is_asked_again_as_well_whatever_its_own_pause()
    {
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log,
            Schemes = schemes => schemes.AddJwtBearer(jwt =>
            {
                jwt.Audience = "orders";
                jwt.ConfigurationManager = new ConfigurationManager<OpenIdConnectConfiguration>(
                    _issuer.Url + "/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(),
                    new HttpDocumentRetriever { RequireHttps = false });
            }).AddRevocation(),
        });
        await SoonAsync(api, Token(_old), HttpStatusCode.OK);
        await api.StatusAsync(Invented(0));
        _issuer.Publish(_old, _new);

        await SoonAsync(api, Token(_new), HttpStatusCode.OK);
    }

    private Task<Api> StartAsync() => Api.StartAsync(new() { Feed = _log, Schemes = schemes => _issuer.AddTo(schemes) });

    private string Token(SigningKey key) => _issuer.Mint(_log, key);

    private string Invented(int number) => _issuer.Mint(_log, _new, new { kid = $"invented {number}" });

    private async Task<HashSet<HttpStatusCode>> FloodAsync(Api api, CancellationToken end)
    {
        var seen = new HashSet<HttpStatusCode>();
        for (var i = 1000; !end.IsCancellationRequested; i++)
        {
            seen.Add(await api.StatusAsync(Invented(i)));
        }

        return seen;
    }

    private static async Task<string> FirstMessageAsync(Api api, string token)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(api.Http.BaseAddress!) { Scheme = "ws", Path = "/first" }.Uri, default);
        await socket.SayAsync("rescind:token " + token);
        return await socket.HearAsync();
    }

    private static Task FirstMessageSoonAsync(Api api, string token, string expected) => Eventually.Async(async () =>
    {
        var heard = await FirstMessageAsync(api, token);
        heard.ShouldBeOneOf([expected, "1013 try_again_later"]);
        return heard == expected;
    });

    // Nothing but unknown on the way there.
    private static Task SoonAsync(Api api, string token, HttpStatusCode expected) => Eventually.Async(async () =>
    {
        var status = await api.StatusAsync(token);
        status.ShouldBeOneOf([expected, HttpStatusCode.ServiceUnavailable]);
        return status == expected;
    });
}
