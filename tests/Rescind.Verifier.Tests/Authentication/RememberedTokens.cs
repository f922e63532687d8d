using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>
/// A token whose signature was verified need not be verified again. Nothing else is remembered of it, and no request has an
/// object that another one has.
/// </summary>
public sealed class RememberedTokens
{
    private readonly FakeLog _log = new();
    private readonly List<SecurityToken> _tokens = [];
    private readonly List<ClaimsPrincipal> _people = [];
    private readonly List<Exception> _failures = [];

    [Fact]
    public async Task A_token_that_is_sent_again_is_verified_once()
    {
        await using var api = await StartAsync();
        var token = _log.Mint();

        for (var i = 0; i < 5; i++)
        {
            (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
        }

        _tokens.Select(IsRemembered).ShouldBe([false, true, true, true, true]);
    }

    [Fact]
    public async Task None_is_remembered_where_the_app_wants_none()
    {
        await using var api = await StartAsync(remembered: 0);
        var token = _log.Mint();

        await api.StatusAsync(token);
        await api.StatusAsync(token);

        _tokens.Select(IsRemembered).ShouldBe([false, false]);
    }

    [Fact]
    public async Task A_remembered_token_is_what_it_was_in_every_member()
    {
        await using var api = await StartAsync();
        var token = _log.Mint(new { roles = new[] { "buyer", "seller" }, nested = new { a = 1 } });

        await api.StatusAsync(token);
        await api.StatusAsync(token);

        var (first, again) = ((JsonWebToken)_tokens[0], (JsonWebToken)_tokens[1]);
        again.EncodedToken.ShouldBe(first.EncodedToken);
        (again.Issuer, again.Subject, again.ValidTo, again.Kid).ShouldBe((first.Issuer, first.Subject, first.ValidTo, first.Kid));
        again.SigningKey.ShouldBeSameAs(first.SigningKey);
        Texts(again.Claims).ShouldBe(Texts(first.Claims));
        Texts(_people[1].Claims).ShouldBe(Texts(_people[0].Claims));
        var (identity, before) = ((ClaimsIdentity)_people[1].Identity!, (ClaimsIdentity)_people[0].Identity!);
        identity.GetType().ShouldBe(before.GetType());
        (identity.AuthenticationType, identity.NameClaimType, identity.RoleClaimType, identity.Name)
            .ShouldBe((before.AuthenticationType, before.NameClaimType, before.RoleClaimType, before.Name));
    }

    [Fact]
    public async Task What_one_request_changes_no_other_one_sees()
    {
        await using var api = await StartAsync(static context =>
        {
            var identity = (ClaimsIdentity)context.Principal!.Identity!;
            var marked = Claims(context).Count(static claim => claim.Properties.Count > 0 || claim.Type == "mark");
            context.HttpContext.Response.Headers["Marks"] = $"{marked}";
            identity.AddClaim(new("mark", "1"));
            identity.Label = "marked";
            foreach (var claim in Claims(context))
            {
                claim.Properties["mark"] = "1";
            }

            context.SecurityToken.SigningKey = null;
            return Task.CompletedTask;
        });
        var token = _log.Mint();

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => api.GetAsync(token)));

        foreach (var answer in answers)
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Headers.GetValues("Marks").ShouldBe(["0"]);
            answer.Dispose();
        }
    }

    [Fact]
    public async Task A_remembered_token_is_refused_once_it_is_revoked()
    {
        await using var api = await StartAsync();
        var token = await RememberedAsync(api);

        var position = _log.End(Match.Session("session-1"));
        await Eventually.Async(() => api.Status.Position >= position);

        (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_remembered_token_is_refused_once_its_key_is_gone()
    {
        await using var api = await StartAsync();
        var token = await RememberedAsync(api);

        _log.Withdraw(_log.Key);

        await Eventually.Async(async () => await api.StatusAsync(token) is HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_remembered_token_is_judged_by_the_record_that_its_issuer_has_now()
    {
        await using var api = await StartAsync();
        var token = await RememberedAsync(api);

        _log.Register(new()
        {
            Issuer = FakeLog.Issuer, Own = true, Limits = FakeLog.Limits, SendsAuthTime = true, Types = ["other+jwt"],
            Algorithms = ["ES256"],
        });

        await Eventually.Async(async () => await api.StatusAsync(token) is HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_remembered_token_is_refused_once_it_has_run_out()
    {
        var clock = new ShiftedTime();
        await using var api = await StartAsync(services: services => services.AddSingleton<TimeProvider>(clock));
        var token = await RememberedAsync(api);

        clock.By = TimeSpan.FromSeconds(331);

        using var answer = await api.GetAsync(token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task That_a_remembered_token_has_run_out_is_said_as_of_any_other()
    {
        _log.Register(new()
        {
            Issuer = FakeLog.Issuer, Own = true, Limits = FakeLog.Limits with { Leeway = 0 }, SendsAuthTime = true,
            Types = ["at+jwt"], Algorithms = ["ES256"],
        });
        await using var api = await StartAsync();
        var token = _log.Mint(new { exp = Minting.Now + 6 });

        await Eventually.Async(async () => await api.StatusAsync(token) is HttpStatusCode.Unauthorized);

        _failures.ShouldNotBeEmpty();
        _failures.ShouldAllBe(failure => failure is SecurityTokenExpiredException);
    }

    [Fact]
    public async Task A_remembered_token_is_unknown_while_the_replica_is_too_old()
    {
        await using var api = await StartAsync();
        var token = await RememberedAsync(api);

        _log.IsAway = true;

        await Eventually.Async(async () => await api.StatusAsync(token) is HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task A_token_with_one_other_character_is_none_that_is_remembered()
    {
        await using var api = await StartAsync();
        var token = await RememberedAsync(api);

        foreach (var i in Enumerable.Range(0, token.Length).Where(i => token[i] != '.' && i % 7 == 0))
        {
            var changed = token.ToCharArray();
            changed[i] = changed[i] is 'A' ? 'B' : 'A';
            (await api.StatusAsync(new(changed))).ShouldBe(HttpStatusCode.Unauthorized);
        }

        (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_of_another_issuer_is_remembered_until_its_record_changes()
    {
        var key = new SigningKey();
        await using var issuer = await KeyPublisher.StartAsync(_log, key);
        await using var api = await Api.StartAsync(_log, schemes => Watched(issuer.AddTo(schemes)));
        var token = issuer.Mint(_log, key);
        await Eventually.Async(async () => await api.StatusAsync(token) is HttpStatusCode.OK);
        (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
        IsRemembered(_tokens[^1]).ShouldBeTrue();

        _log.Register(new()
        {
            Issuer = issuer.Url, Own = false, Limits = FakeLog.Limits, SendsAuthTime = true, Types = ["other"],
            Algorithms = ["ES256"],
        });

        await Eventually.Async(async () => await api.StatusAsync(token) is not HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_of_another_issuer_is_remembered_under_a_key_that_the_app_has_set()
    {
        var key = new SigningKey();
        _log.Register(new()
        {
            Issuer = "https://other.test", Own = false, Limits = FakeLog.Limits, SendsAuthTime = true, Types = ["at+jwt"],
            Algorithms = ["ES256"],
        });
        await using var api = await Api.StartAsync(_log, schemes => Watched(schemes.AddJwtBearer(jwt =>
            jwt.TokenValidationParameters = new()
            {
                ValidIssuer = "https://other.test", ValidAudience = "orders", IssuerSigningKey = new JsonWebKey(key.Jwk),
                ValidTypes = ["at+jwt"], ValidAlgorithms = ["ES256"],
            }).AddRevocation()));
        var token = _log.Mint(new { iss = "https://other.test" }, key: key);

        (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.OK);

        _tokens.Select(IsRemembered).ShouldBe([false, true]);
    }

    [Fact]
    public async Task Where_code_of_the_app_validates_none_is_remembered()
    {
        var asked = 0;
        await using var api = await Api.StartAsync(_log, schemes =>
        {
            schemes.AddRescind(static options => options.Audience = "orders");
            Watched(schemes);
            schemes.Services.PostConfigure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, jwt =>
                jwt.TokenValidationParameters.AudienceValidator = (_, _, _) => Interlocked.Increment(ref asked) > 0);
        });
        var token = _log.Mint();

        await api.StatusAsync(token);
        await api.StatusAsync(token);

        asked.ShouldBe(2);
    }

    private static bool IsRemembered(SecurityToken token) => token.GetType() != typeof(JsonWebToken);

    private static List<string> Texts(IEnumerable<Claim> claims) =>
        [.. claims.Select(static c => $"{c.Type}={c.Value} {c.ValueType} {c.Issuer} {c.Properties.Count}")];

    private static List<Claim> Claims(TokenValidatedContext context) =>
        [.. context.Principal!.Claims, .. ((JsonWebToken)context.SecurityToken).Claims];

    private async Task<string> RememberedAsync(Api api)
    {
        var token = _log.Mint();
        (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
        IsRemembered(_tokens[^1]).ShouldBeTrue();
        return token;
    }

    private Task<Api> StartAsync(
        Func<TokenValidatedContext, Task>? validated = null, int remembered = 100, Action<IServiceCollection>? services = null) =>
        Api.StartAsync(new()
        {
            Feed = _log,
            Schemes = schemes =>
            {
                schemes.AddRescind(options => (options.Audience, options.VerifiedTokens) = ("orders", remembered));
                Watched(schemes, validated);
            },
            Services = services ?? (static _ => { }),
        });

    private void Watched(AuthenticationBuilder schemes, Func<TokenValidatedContext, Task>? validated = null) =>
        schemes.Services.PostConfigureAll<JwtBearerOptions>(jwt => jwt.Events = new()
        {
            OnTokenValidated = context =>
            {
                lock (_tokens)
                {
                    _tokens.Add(context.SecurityToken);
                    _people.Add(context.Principal!);
                }

                return validated?.Invoke(context) ?? Task.CompletedTask;
            },
            OnAuthenticationFailed = context =>
            {
                _failures.Add(context.Exception);
                return Task.CompletedTask;
            },
        });
}
