using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Registrations;

/// <summary>
/// Two schemes over two Authorities in one app: each has a replica of its own, and nothing of one is believed of the
/// other.
/// </summary>
public sealed class SeveralAuthorities : IAsyncLifetime
{
    private readonly FakeLog _staff = new("https://staff.test");
    private readonly FakeLog _customers = new("https://customers.test");
    private FakeAuthority _staffAuthority = null!;
    private FakeAuthority _customerAuthority = null!;

    public async ValueTask InitializeAsync()
    {
        _staffAuthority = await FakeAuthority.StartAsync(_staff);
        _customerAuthority = await FakeAuthority.StartAsync(_customers);
        _customerAuthority.Credentials = "Basic c2hvcDp3b3Jk";
    }

    public async ValueTask DisposeAsync()
    {
        await _staffAuthority.DisposeAsync();
        await _customerAuthority.DisposeAsync();
    }

    [Fact]
    public async Task Each_scheme_takes_the_tokens_of_its_own_Authority_and_no_others()
    {
        await using var api = await StartAsync();

        (await api.StatusAsync(_staff.Mint(), "/staff")).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(_customers.Mint(), "/customers")).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(_staff.Mint(), "/customers")).ShouldBe(HttpStatusCode.Unauthorized);
        (await api.StatusAsync(_customers.Mint(), "/staff")).ShouldBe(HttpStatusCode.Unauthorized);
        (await api.StatusAsync(_customers.Mint(), "/both")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_revocation_of_one_Authority_is_none_of_the_other()
    {
        await using var api = await StartAsync();
        var position = _staff.End(Match.Session("session-1"));
        await Eventually.Async(() => StatusOf(api, "Staff").Position >= position);

        (await api.StatusAsync(_staff.Mint(new { lpos = 1 }), "/staff")).ShouldBe(HttpStatusCode.Unauthorized);
        (await api.StatusAsync(_customers.Mint(new { lpos = 1 }), "/customers")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_Authority_that_is_away_makes_only_its_own_tokens_unknown()
    {
        await using var api = await StartAsync();
        _customers.IsAway = true;
        await Eventually.Async(() => !StatusOf(api, "Customers").IsFresh);

        (await api.StatusAsync(_customers.Mint(), "/customers")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await api.StatusAsync(_staff.Mint(), "/staff")).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(null, "/health/ready")).ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Each_Authority_is_asked_about_its_own_tokens_with_its_own_credentials()
    {
        await using var api = await StartAsync();
        var token = _customers.Mint();

        (await api.StatusAsync(token, "/customers-sure")).ShouldBe(HttpStatusCode.OK);
        _customerAuthority.Questions.ShouldBe([token]);
        _staffAuthority.Questions.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_live_connection_is_closed_by_the_Authority_of_its_token_and_by_no_other()
    {
        await using var api = await StartAsync();
        using var customer = await OpenAsync(api, _customers.Mint());
        using var employee = await OpenAsync(api, _staff.Mint());

        _customers.End(Match.Subject("alice"));

        (await customer.ReceiveAsync(new byte[100], default)).CloseStatus.ShouldBe((WebSocketCloseStatus)4401);
        await employee.SendAsync("still here"u8.ToArray(), WebSocketMessageType.Text, true, default);
        (await employee.ReceiveAsync(new byte[100], default)).MessageType.ShouldBe(WebSocketMessageType.Text);
        StatusOf(api, "Staff").ShouldNotBeSameAs(StatusOf(api, "Customers"));
    }

    [Fact]
    public async Task A_scheme_that_names_no_Authority_follows_the_one_that_the_others_name()
    {
        await using var api = await Api.StartAsync(Setup() with
        {
            WaitUntilReady = true,
            Schemes = schemes => schemes
                .AddRescind("Staff", v =>
                    (v.Authority, v.ClientId, v.ClientSecret, v.Audience) =
                        (_staffAuthority.Url, "verifier", "se+cret", "orders"))
                .AddRescind("Customers", static v => v.Audience = "shop"),
        });

        (await api.StatusAsync(_staff.Mint(new { aud = "shop" }), "/customers")).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(_staff.Mint(), "/customers")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_scheme_that_names_none_of_several_Authorities_does_not_start()
    {
        var several = Setup();
        await using var app = Api.Build(several with
        {
            Schemes = schemes =>
            {
                several.Schemes(schemes);
                schemes.AddRescind("Guests", static v => v.Audience = "guests");
            },
        });

        (await Should.ThrowAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => app.StartAsync()))
            .Message.ShouldMatch("RSC3001 .*Guests");
    }

    [Fact]
    public async Task An_app_that_asks_for_the_status_of_one_of_several_must_say_which()
    {
        await using var api = await StartAsync();

        Should.Throw<InvalidOperationException>(() => api.Services.GetRequiredService<VerifierStatus>()).Message
            .ShouldContain("RSC3013");
    }

    [Fact]
    public async Task Credentials_of_one_Authority_are_never_sent_to_another()
    {
        await using var app = Api.Build(Setup() with
        {
            Schemes = schemes => schemes
                .AddRescind("Staff", v => v.Authority = _staffAuthority.Url)
                .AddRescind("Customers", v => v.Authority = _customerAuthority.Url),
            Configuration = new()
            {
                ["Rescind:Audience"] = "orders", ["Rescind:ClientId"] = "verifier", ["Rescind:ClientSecret"] = "se+cret",
            },
        });

        var refusal = await Should.ThrowAsync<InvalidOperationException>(() => app.StartAsync());
        refusal.Message.ShouldContain("RSC3012");
        refusal.Message.ShouldNotContain("se+cret");
    }

    [Fact]
    public async Task One_instance_cannot_follow_twice()
    {
        await using var app = Api.Build(Setup() with
        {
            Schemes = static schemes => schemes
                .AddRescind("Staff", static v => v.Name = "one").AddRescind("Customers", static v => v.Name = "other"),
            Configuration = new()
            {
                ["Rescind:Authority"] = _staffAuthority.Url, ["Rescind:Audience"] = "orders", ["Rescind:Instance"] = "web-1",
                ["Rescind:ClientId"] = "verifier", ["Rescind:ClientSecret"] = "se+cret",
            },
        });

        (await Should.ThrowAsync<InvalidOperationException>(() => app.StartAsync())).Message.ShouldContain("RSC3012");
    }

    [Fact]
    public async Task A_first_message_that_no_scheme_would_judge_does_not_start()
    {
        await using var app = Api.Build(
            Setup() with { Routes = static app => app.Map("/first", static () => "").TakeTokenFromFirstMessage() });

        (await Should.ThrowAsync<InvalidOperationException>(() => app.StartAsync())).Message.ShouldMatch("RSC3014 .*/first");
    }

    private static VerifierStatus StatusOf(Api api, string scheme) =>
        api.Services.GetRequiredKeyedService<VerifierStatus>(scheme);

    private static async Task<ClientWebSocket> OpenAsync(Api api, string token)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        await socket.ConnectAsync(
            new(api.Http.BaseAddress!.AbsoluteUri.Replace("http://", "ws://", StringComparison.Ordinal) + "socket"), default);
        return socket;
    }

    private async Task<Api> StartAsync()
    {
        var api = await Api.StartAsync(Setup());
        await Eventually.Async(() => StatusOf(api, "Staff").IsFresh && StatusOf(api, "Customers").IsFresh);
        return api;
    }

    private ApiSetup Setup() => new()
    {
        WaitUntilReady = false,
        Services = static services => services.AddSingleton<Sockets>(),
        Schemes = schemes => schemes
            .AddRescind("Staff", v =>
                (v.Authority, v.ClientId, v.ClientSecret, v.Audience) =
                    (_staffAuthority.Url, "verifier", "se+cret", "orders"))
            .AddRescind("Customers", v =>
                (v.Authority, v.ClientId, v.ClientSecret, v.Audience) = (_customerAuthority.Url, "shop", "word", "orders")),
        Routes = static app =>
        {
            app.UseWebSockets();
            app.MapGet("/staff", static () => "").RequireAuthorization(Of("Staff"));
            app.MapGet("/customers", static () => "").RequireAuthorization(Of("Customers"));
            app.MapGet("/customers-sure", static () => "").RequireAuthorization(Of("Customers")).RequireIntrospection();
            app.MapGet("/both", static () => "").RequireAuthorization(Of("Staff", "Customers"));
            app.Map("/socket", (RequestDelegate)Sockets.EchoAsync)
                .RequireAuthorization(Of("Staff", "Customers")).CloseOnRevocation();
        },
    };

    private static AuthorizeAttribute Of(params string[] schemes) => new() { AuthenticationSchemes = string.Join(',', schemes) };
}
