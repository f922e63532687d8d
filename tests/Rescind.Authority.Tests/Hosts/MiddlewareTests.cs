using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.CookiePolicy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpLogging;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Hosts;

/// <summary>Middleware that an application sets up for all of its routes, and what becomes of ours.</summary>
public sealed class MiddlewareTests
{
    private const string Shop = "https://shop.example";

    [Fact]
    public async Task An_output_cache_for_everything_keeps_nothing_of_ours()
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = static builder => builder.Services.AddOutputCache(static cache => cache.AddBasePolicy(new CacheAll())),
            Pipeline = static app =>
            {
                app.UseOutputCache();
                app.MapGet("/random", static () => Guid.NewGuid().ToString());
            },
            Mapped = static routes => routes.CacheOutput(),
        });
        (await host.CallAsync("GET", "/random")).Text.ShouldBe((await host.CallAsync("GET", "/random")).Text);

        foreach (var path in (string[])["/.well-known/jwks.json", "/.well-known/openid-configuration", "/health/ready",
            "/v1/clients"])
        {
            var bearer = await host.BearerAsync("admin");
            await host.CallAsync("GET", "/auth" + path, bearer);
            (await host.CallAsync("GET", "/auth" + path, bearer)).Response.Headers.Age.ShouldBeNull(path);
        }

        var before = await host.CallAsync("GET", "/auth/v1/clients", await host.BearerAsync("admin"));
        (await host.CallAsync("GET", "/auth/v1/clients", await host.BearerAsync("admin"))).Text.ShouldNotBe(before.Text);
    }

    [Theory]
    [InlineData("/auth/v1/keys")]
    [InlineData("/auth/v1/clients")]
    [InlineData("/auth/v1/verifiers")]
    public async Task What_needs_a_credential_is_stored_by_nobody(string path)
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = static builder => builder.Services.AddResponseCaching(), Pipeline = static app => app.UseResponseCaching(),
        });

        var answer = await host.CallAsync("GET", path, await host.BearerAsync("admin"));

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Fact]
    public async Task The_HTTP_log_of_the_application_holds_no_token()
    {
        var log = new ListLog();
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = builder =>
            {
                builder.Logging.AddProvider(log);
                builder.Services.AddHttpLogging(static logging =>
                {
                    logging.LoggingFields = HttpLoggingFields.All;
                    logging.RequestHeaders.Add("Authorization");
                    logging.MediaTypeOptions.AddText("application/x-www-form-urlencoded");
                });
            },
            Pipeline = static app =>
            {
                app.UseHttpLogging();
                app.MapGet("/orders", static () => "orders");
            },
        });
        var bearer = await host.BearerAsync("admin");
        await host.CallAsync("GET", "/orders", bearer);
        log.Text.ShouldContain(bearer);
        log.Clear();

        var other = await host.BearerAsync("admin");
        await host.CallAsync("GET", "/auth/v1/clients", other);
        await host.CallAsync(
            "POST", "/auth/token", form: "grant_type=refresh_token&client_id=web&refresh_token=a-secret-of-mine");

        log.Text.ShouldNotContain(other);
        log.Text.ShouldNotContain("a-secret-of-mine");
    }

    [Fact]
    public async Task A_time_limit_for_every_request_does_not_end_a_held_poll()
    {
        await using var host = await HostApp.StartAsync(WithTimeLimit());

        var answer = await PollAsync(host, wait: 1.5);

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer["entries"].ShouldNotBeNull();
    }

    [Fact]
    public async Task A_time_limit_that_is_asked_for_on_our_routes_is_answered_503()
    {
        await using var host = await HostApp.StartAsync(WithTimeLimit() with
        {
            Mapped = static routes => routes.WithRequestTimeout(TimeSpan.FromMilliseconds(300)),
        });

        var answer = await PollAsync(host, wait: 20);

        answer.ShouldBeProblem(HttpStatusCode.ServiceUnavailable);
        answer["code"].ShouldBe("RSC1911");
        answer.Response.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Fact]
    public async Task Held_polls_take_no_place_of_a_concurrency_limiter()
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = static builder => builder.Services.AddRateLimiter(static limiter =>
                limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(static _ =>
                    RateLimitPartition.GetConcurrencyLimiter("all", static _ => new() { PermitLimit = 1 }))),
            Pipeline = static app =>
            {
                app.UseRateLimiter();
                app.MapGet("/orders", static () => "orders");
            },
        });
        var held = PollAsync(host, wait: 2);
        await Task.Delay(300);

        (await host.CallAsync("GET", "/orders")).Status.ShouldBe(HttpStatusCode.OK);
        (await PollAsync(host, wait: 0)).Status.ShouldBe(HttpStatusCode.OK);
        (await held).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_stands_beside_a_token_is_not_compressed()
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = static builder => builder.Services.AddResponseCompression(static compression =>
            {
                compression.EnableForHttps = true;
                compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "application/problem+json"];
            }),
            Pipeline = static app => app.UseResponseCompression(),
        });

        var token = await host.CallAsync("POST", "/auth/token", form: "a=b", headers: ("Accept-Encoding", "gzip"));
        var metadata = await host.CallAsync(
            "GET", "/auth/.well-known/openid-configuration", headers: ("Accept-Encoding", "gzip"));

        token.Response.Content.Headers.ContentEncoding.ShouldBeEmpty();
        metadata.Response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_applications_own_CORS_neither_opens_nor_closes_ours(bool byDefault)
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = static builder => builder.Services.AddCors(static cors => cors.AddDefaultPolicy(
                static policy => policy.WithOrigins("https://app.example").AllowCredentials().WithMethods("PUT"))),
            Pipeline = app =>
            {
                _ = byDefault
                    ? app.UseCors()
                    : app.UseCors(static policy => policy.WithOrigins("https://app.example").AllowCredentials());
                app.MapGet("/orders", static () => "orders");
            },
        });
        await host.AddShopAsync(Shop);

        var preflight = await host.CallAsync(
            "OPTIONS", "/auth/token", headers: [("Origin", Shop), ("Access-Control-Request-Method", "POST")]);
        var call = await host.CallAsync("POST", "/auth/token", form: "a=b", headers: ("Origin", Shop));
        var stranger = await host.CallAsync("POST", "/auth/token", form: "a=b", headers: ("Origin", "https://app.example"));
        var orders = await host.CallAsync("GET", "/orders", headers: ("Origin", "https://app.example"));

        (Header(preflight, "Access-Control-Allow-Origin"), Header(preflight, "Access-Control-Allow-Methods"))
            .ShouldBe((Shop, "GET,POST,DELETE"));
        (Header(call, "Access-Control-Allow-Origin"), Header(call, "Vary")).ShouldBe((Shop, "Origin"));
        Header(call, "Access-Control-Expose-Headers").ShouldBe("WWW-Authenticate,Retry-After");
        (Header(stranger, "Access-Control-Allow-Origin"), Header(stranger, "Access-Control-Allow-Credentials"))
            .ShouldBe(("", ""));
        Header(orders, "Access-Control-Allow-Origin").ShouldBe("https://app.example");
    }

    [Theory]
    [InlineData("page")]
    [InlineData("redirect")]
    [InlineData("again")]
    [InlineData("exceptions")]
    [InlineData("developer")]
    public async Task Our_refusals_are_not_replaced_by_pages_of_the_application(string kind)
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = static builder => builder.Services.AddProblemDetails(),
            Pipeline = app =>
            {
                _ = kind switch
                {
                    "page" => app.UseStatusCodePages(),
                    "redirect" => app.UseStatusCodePagesWithRedirects("/error?code={0}"),
                    "again" => app.UseStatusCodePagesWithReExecute("/error"),
                    "exceptions" => app.UseExceptionHandler("/error"),
                    _ => app.UseDeveloperExceptionPage(),
                };
                app.Map("/error", static () => Results.Text("a page of the application", statusCode: 200));
            },
        });

        (await host.CallAsync("GET", "/auth/v1/feed")).ShouldBeProblem(HttpStatusCode.Unauthorized);
        (await host.CallAsync("GET", "/auth/v1/sessions/none", await host.BearerAsync("admin")))
            .ShouldBeProblem(HttpStatusCode.NotFound);
        (await host.CallAsync("GET", "/.well-known/oauth-authorization-server/other")).ShouldBeProblem(HttpStatusCode.NotFound);
        (await host.CallAsync("POST", "/auth/token", form: "a=b")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await host.CallAsync("POST", "/auth/browser/refresh")).ShouldBeProblem(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("GET", "/auth/.well-known/jwks.json", HttpStatusCode.OK)]
    [InlineData("GET", "/.well-known/oauth-authorization-server/auth", HttpStatusCode.OK)]
    [InlineData("POST", "/auth/token", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/auth/revoke", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/auth/v1/feed", HttpStatusCode.Unauthorized)]
    [InlineData("POST", "/auth/browser/refresh", HttpStatusCode.Forbidden)]
    public async Task A_redirection_to_HTTPS_reaches_our_routes_and_what_came_by_HTTPS_is_served(
        string method, string path, HttpStatusCode served)
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = static builder => builder.Services
                .AddHttpsRedirection(static https => https.HttpsPort = 7443)
                .Configure<ForwardedHeadersOptions>(static proxy =>
                    proxy.ForwardedHeaders = ForwardedHeaders.XForwardedProto),
            Pipeline = static app => app.UseForwardedHeaders().UseHttpsRedirection(),
        });
        var form = method == "POST" ? "a=b" : null;

        var plain = await host.CallAsync(method, path, form: form);
        var secure = await host.CallAsync(method, path, form: form, headers: ("X-Forwarded-Proto", "https"));

        (plain.Status, plain.Response.Headers.Location)
            .ShouldBe((HttpStatusCode.TemporaryRedirect, new Uri($"https://127.0.0.1:7443{path}")));
        secure.Status.ShouldBe(served, secure.Text);
    }

    [Fact]
    public async Task Antiforgery_sessions_and_a_consent_policy_leave_our_routes_alone()
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Builder = static builder => builder.Services.AddAntiforgery().AddDistributedMemoryCache().AddSession()
                .Configure<CookiePolicyOptions>(static cookies =>
                    (cookies.CheckConsentNeeded, cookies.HttpOnly) = (static _ => true, HttpOnlyPolicy.Always)),
            Pipeline = static app => app.UseCookiePolicy().UseSession().UseAntiforgery(),
        });

        var logout = await host.CallAsync("POST", "/auth/browser/logout", headers: ("Sec-Fetch-Site", "same-origin"));

        logout.Status.ShouldBe(HttpStatusCode.NoContent);
        Header(logout, "Set-Cookie").ShouldStartWith("rescind=;");
        (await host.CallAsync("POST", "/auth/token", form: "a=b"))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_client");
    }

    private static HostSetup WithTimeLimit() => new()
    {
        Builder = static builder => builder.Services.AddRequestTimeouts(static limits =>
            limits.DefaultPolicy = new() { Timeout = TimeSpan.FromMilliseconds(300) }),
        Pipeline = static app => app.UseRequestTimeouts(),
    };

    private static async Task<Answer> PollAsync(HostApp host, double wait)
    {
        var head = host.Services.GetRequiredService<CommittedLog>().Tail.Head;
        var query = string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"epoch={head.Epoch}&after={head.Position}&wait={wait}&nonce=n");
        return await host.CallAsync("GET", "/auth/v1/feed?" + query, await host.BearerAsync("feed"));
    }

    private static string Header(Answer answer, string name) =>
        answer.Response.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : "";

    /// <summary>Keeps whatever the default policy would not: what came with a credential, and what asks not to be kept.</summary>
    private sealed class CacheAll : IOutputCachePolicy
    {
        public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
        {
            (context.EnableOutputCaching, context.AllowCacheLookup, context.AllowCacheStorage) = (true, true, true);
            context.ResponseExpirationTimeSpan = TimeSpan.FromMinutes(5);
            return ValueTask.CompletedTask;
        }

        public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) =>
            ValueTask.CompletedTask;

        public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation) =>
            ValueTask.CompletedTask;
    }

    private sealed class ListLog : ILoggerProvider, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = [];

        public string Text => string.Join('\n', _lines);

        public void Clear() => _lines.Clear();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable BeginScope<TState>(TState state)
            where TState : notnull => NullLogger.Instance.BeginScope(state)!;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
