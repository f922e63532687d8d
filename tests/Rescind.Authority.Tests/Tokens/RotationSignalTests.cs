using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Tokens;

/// <summary>What refreshing tells operators: theft, and clients that lose answers.</summary>
public sealed class RotationSignalTests : IAsyncLifetime
{
    private const int Reuse = 1210;
    private const int UnusualRetry = 1211;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly LogLines _lines = new();
    private AuthorityHost _authority = null!;

    public async ValueTask InitializeAsync() => _authority = await StartAsync();

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Fact]
    public async Task Reuse_is_logged_and_audited()
    {
        var session = await _authority.StartSessionAsync();
        var first = _authority.RefreshTokens.Derive(session);
        await _authority.RefreshAsync((await _authority.RefreshAsync(first))["refresh_token"]!);
        _lines.Count(Reuse).ShouldBe(0);
        _authority.Http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "a thief's tool");

        await _authority.RefreshAsync(first);

        _lines.Count(Reuse).ShouldBe(1);
        var query = new AuditQuery(null, session.Id, null, default, 50);
        var audit = (await _authority.Get<IRegistryStore>().AuditAsync(query, TestContext.Current.CancellationToken)).Rows;
        audit.ShouldContain(entry => entry.Action == "refresh.reused"
            && entry.Actor == "client:web" && entry.Address == "127.0.0.1"
            && entry.Reason!.StartsWith("generation 1 presented by \"a thief's tool\" from 127.0.0.1; 3 is current since "));
    }

    [Fact]
    public async Task A_retry_within_a_minute_is_ordinary_and_a_later_one_is_not()
    {
        var first = _authority.RefreshTokens.Derive(await _authority.StartSessionAsync());
        await _authority.RefreshAsync(first);
        _time.Advance(TimeSpan.FromSeconds(60));
        await _authority.RefreshAsync(first);
        _lines.Count(UnusualRetry).ShouldBe(0);

        _time.Advance(TimeSpan.FromSeconds(1));
        await _authority.RefreshAsync(first);
        _lines.Count(UnusualRetry).ShouldBe(1);
    }

    [Fact]
    public async Task Three_repeated_generations_in_a_row_are_a_signal()
    {
        var token = _authority.RefreshTokens.Derive(await _authority.StartSessionAsync());
        for (var generation = 1; generation <= 3; generation++)
        {
            _lines.Count(UnusualRetry).ShouldBe(0);
            await _authority.RefreshAsync(token);
            token = (await _authority.RefreshAsync(token))["refresh_token"]!;
        }

        _lines.Count(UnusualRetry).ShouldBe(1);
    }

    [Fact]
    public async Task With_a_strict_window_a_later_retry_is_reuse()
    {
        await using var strict = await StartAsync(options => options.RetryWindow = TimeSpan.FromSeconds(10));
        var first = strict.RefreshTokens.Derive(await strict.StartSessionAsync());
        var once = await strict.RefreshAsync(first);
        (await strict.RefreshAsync(first))["refresh_token"].ShouldBe(once["refresh_token"]);

        _time.Advance(TimeSpan.FromSeconds(12));
        (await strict.RefreshAsync(first))["reason"].ShouldBe("reused");
    }

    [Fact]
    public async Task Reuse_can_end_every_session_of_the_subject()
    {
        await using var strict = await StartAsync(
            options => options.ReusePolicy = ReusePolicy.EndSubject);
        var (stolen, other) = (await strict.StartSessionAsync(), await strict.StartSessionAsync());
        var first = strict.RefreshTokens.Derive(stolen);
        await strict.RefreshAsync((await strict.RefreshAsync(first))["refresh_token"]!);
        await strict.RefreshAsync(first);

        (await strict.RefreshAsync(strict.RefreshTokens.Derive(other)))["reason"].ShouldBe("ended");
    }

    [Fact]
    public async Task No_token_or_secret_is_ever_logged()
    {
        var session = await _authority.StartSessionAsync();
        var first = _authority.RefreshTokens.Derive(session);
        var client = await _authority.AddClientAsync("api", ClientKind.Confidential, "admin", "introspect");
        var answers = new[]
        {
            await _authority.RefreshAsync(first), await _authority.RefreshAsync(first),
            await _authority.PostFormAsync("/token", "grant_type=client_credentials", basic: client.ClientId),
            await _authority.PostFormAsync("/introspect", $"token={first}", basic: client.ClientId),
        };
        var second = answers[0]["refresh_token"]!;
        await _authority.RefreshAsync(second);
        await _authority.RefreshAsync(first);
        await _authority.PostFormAsync("/revoke", $"client_id=web&token={second}");
        await _authority.GetAsync("/v1/keys", answers[2]["access_token"]);

        foreach (var secret in new[] { first, second, answers[0]["access_token"]!, answers[2]["access_token"]!,
            AuthorityHost.SecretOf("api") })
        {
            _lines.Text.ShouldNotContain(secret);
        }
    }

    private Task<AuthorityHost> StartAsync(Action<AuthorityOptions>? configure = null) =>
        AuthorityHost.StartAsync(services => services
            .AddSingleton<TimeProvider>(_time)
            .AddLogging(logging => logging.AddProvider(_lines).SetMinimumLevel(LogLevel.Trace))
            .Configure<AuthorityOptions>(options => configure?.Invoke(options)));
}
