using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Conformance;

/// <summary>Stock <c>AddJwtBearer</c> takes the tokens of a running Authority, found by its URL alone.</summary>
public sealed class StockJwtBearer : IAsyncLifetime
{
    private static readonly TimeSpan Behind = TimeSpan.FromHours(1);

    // An hour behind, until a test lets it catch up: nothing but a stopped clock makes a token of the past.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow - Behind);
    private AuthorityHost _authority = null!;
    private StockApi _api = null!;

    public async ValueTask InitializeAsync()
    {
        _authority = await AuthorityHost.StartAsync(services => services.AddSingleton<TimeProvider>(_time), url: FreeUrl.Next());
        _api = await StockApi.StartAsync(_authority.Http.BaseAddress!, "orders");
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _authority.DisposeAsync();
    }

    [Fact]
    public async Task A_started_and_a_refreshed_token_are_taken_and_name_their_subject()
    {
        _time.Advance(Behind);
        var started = await _authority.StartAsync("""{"subject":"alice","audience":"orders"}""");
        var refreshed = await _authority.RefreshAsync(started["refresh_token"]!);

        (await _api.GetAsync(started["access_token"]!)).ShouldBe((HttpStatusCode.OK, "alice"));
        (await _api.GetAsync(refreshed["access_token"]!)).ShouldBe((HttpStatusCode.OK, "alice"));
    }

    [Fact]
    public async Task A_token_for_another_audience_is_refused()
    {
        _time.Advance(Behind);
        (await _api.GetAsync(await AccessTokenAsync(audience: "stock"))).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_that_was_changed_is_refused()
    {
        _time.Advance(Behind);
        var token = await AccessTokenAsync();
        (await _api.GetAsync(token[..^8] + "AAAAAAAA")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task An_expired_token_is_refused()
    {
        var expired = await AccessTokenAsync();
        _time.Advance(Behind);

        (await _api.GetAsync(expired)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await _api.GetAsync(await AccessTokenAsync())).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task After_a_rotation_a_token_of_the_new_key_is_taken_without_asking_again()
    {
        _time.Advance(Behind);
        var before = await AccessTokenAsync();
        (await _api.GetAsync(before)).Status.ShouldBe(HttpStatusCode.OK);

        await _authority.PostJsonAsync("/v1/keys/rotate", await _authority.BearerAsync("admin"), "");
        var after = await AccessTokenAsync("bob");
        await _authority.StopAsync();

        after.Split('.')[0].ShouldNotBe(before.Split('.')[0]);
        (await _api.GetAsync(after)).ShouldBe((HttpStatusCode.OK, "bob"));
        (await _api.GetAsync(before)).Status.ShouldBe(HttpStatusCode.OK);
    }

    private async Task<string> AccessTokenAsync(string subject = "alice", string audience = "orders") =>
        (await _authority.StartAsync($$"""{"subject":"{{subject}}","audience":"{{audience}}"}"""))["access_token"]
            .ShouldNotBeNull();
}
