using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Revocations;

/// <summary>How many broad acts one client may do in a minute.</summary>
public sealed class BroadActsTests : IAsyncLifetime
{
    private const int Most = 3;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private AuthorityHost _host = null!;
    private string _bearer = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await AuthorityHost.StartAsync(services => services.AddSingleton<TimeProvider>(_time)
            .Configure<AuthorityOptions>(options => options.BroadActsPerMinute = Most));
        _bearer = await _host.BearerAsync("revoke", "revoke.broad");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task One_too_many_is_429_until_the_minute_is_over_and_writes_nothing()
    {
        await ExhaustAsync();
        var head = _host.Tail.Head;
        _time.Advance(TimeSpan.FromSeconds(20));

        var refused = await RevokeTagAsync();

        refused.ShouldBeProblem(HttpStatusCode.TooManyRequests);
        refused["code"].ShouldBe("RSC2019");
        refused.Response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(40));
        _host.Tail.Head.ShouldBe(head);
        _time.Advance(TimeSpan.FromSeconds(40));
        (await RevokeTagAsync()).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("""{"client":"web"}""")]
    [InlineData("""{"tag":{"name":"tenant","value":"other"}}""")]
    [InlineData("""{"issuer":true}""")]
    public async Task It_holds_for_every_broad_match(string match)
    {
        await ExhaustAsync();

        (await RevokeAsync(match)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task What_names_one_person_or_session_goes_on()
    {
        await ExhaustAsync();

        (await RevokeAsync("""{"subject":"alice"}""")).Status.ShouldBe(HttpStatusCode.Created);
        (await RevokeAsync("""{"session":"x"}""")).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Another_client_has_a_count_of_its_own()
    {
        await ExhaustAsync();

        (await RevokeTagAsync(await _host.BearerAsync("revoke.broad"))).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Dry_runs_and_what_is_not_confirmed_do_not_count()
    {
        for (var i = 0; i <= Most; i++)
        {
            (await RevokeAsync("""{"tag":{"name":"tenant","value":"acme"}}""", more: ""","dry_run":true""")).Status
                .ShouldBe(HttpStatusCode.OK);
            (await RevokeAsync("""{"tag":{"name":"tenant","value":"acme"}}""", more: "")).Status
                .ShouldBe(HttpStatusCode.Conflict);
        }

        (await RevokeTagAsync()).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_repeat_under_its_key_is_no_other_act_and_is_answered_from_the_first_when_the_minute_is_used_up()
    {
        var first = await RevokeTagAsync("once", "acme");
        for (var i = 0; i <= Most; i++)
        {
            (await RevokeTagAsync("once", "acme"))["id"].ShouldBe(first["id"]);
        }

        await ExhaustAsync(Most - 1);

        (await RevokeTagAsync("once", "acme"))["id"].ShouldBe(first["id"]);
        (await RevokeTagAsync("once", "other"))["code"].ShouldBe("RSC2007");
        (await RevokeTagAsync("twice", "acme"))["code"].ShouldBe("RSC2019");
    }

    [Fact]
    public async Task What_was_too_much_can_be_lifted_at_once()
    {
        var act = await RevokeTagAsync();
        await ExhaustAsync(Most - 1);

        (await _host.DeleteAsync($"/v1/revocations/{act["id"]}", _bearer)).Status.ShouldBe(HttpStatusCode.OK);
    }

    private async Task ExhaustAsync(int acts = Most)
    {
        for (var i = 0; i < acts; i++)
        {
            (await RevokeTagAsync()).Status.ShouldBe(HttpStatusCode.Created);
        }
    }

    private Task<Answer> RevokeTagAsync(string key, string tenant) => _host.PostJsonAsync(
        "/v1/revocations", _bearer,
        $$$"""{"match":{"tag":{"name":"tenant","value":"{{{tenant}}}"}},"reason":"test","confirm":0}""",
        ("Idempotency-Key", key));

    private Task<Answer> RevokeTagAsync(string? bearer = null) =>
        RevokeAsync("""{"tag":{"name":"tenant","value":"acme"}}""", bearer);

    private Task<Answer> RevokeAsync(string match, string? bearer = null, string more = ""","confirm":0""") =>
        _host.PostJsonAsync("/v1/revocations", bearer ?? _bearer, $$"""{"match":{{match}},"reason":"test"{{more}}}""");
}
