using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Clients;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Revocations;

/// <summary>Somebody else's word can log out a company person by person: it is taken, and operators are told (GR-5).</summary>
public sealed class LogoutBurstTests : IAsyncLifetime
{
    private const int Burst = 3;
    private const int Told = 1805;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly LogLines _lines = new();
    private AuthorityHost _host = null!;
    private string _bearer = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await AuthorityHost.StartAsync(services => services
            .AddSingleton<TimeProvider>(_time).AddSingleton<ILoggerProvider>(_lines)
            .Configure<AuthorityOptions>(options => options.LogoutBurst = Burst));
        _bearer = await _host.BearerAsync(ScopeNames.Revoke);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _lines.Dispose();
    }

    [Fact]
    public async Task A_burst_is_told_once_a_minute_and_done_all_the_same()
    {
        await LogOutAsync(_bearer, Burst - 1);
        var before = _lines.Count(Told);
        await LogOutAsync(_bearer, Burst);

        (before, _lines.Count(Told)).ShouldBe((0, 1));
        _time.Advance(TimeSpan.FromMinutes(1));
        _lines.Count(Told).ShouldBe(1);
        await LogOutAsync(await _host.BearerAsync(ScopeNames.Revoke), Burst);
        _lines.Count(Told).ShouldBe(2);
    }

    [Fact]
    public async Task Many_slowly_or_on_the_word_of_several_are_none()
    {
        await LogOutAsync(_bearer, Burst - 1);
        await LogOutAsync(await _host.BearerAsync(ScopeNames.Revoke), Burst - 1);
        _time.Advance(TimeSpan.FromMinutes(1));
        await LogOutAsync(await _host.BearerAsync(ScopeNames.Revoke), Burst - 1);

        _lines.Count(Told).ShouldBe(0);
    }

    private async Task LogOutAsync(string bearer, int people)
    {
        for (var i = 0; i < people; i++)
        {
            var session = await _host.StartSessionAsync("person-" + Entropy.System.NextId());
            var body = $$$"""{"sub_id":{"format":"iss_sub","iss":"{{{AuthorityHost.Issuer}}}","sub":"{{{session.Subject}}}"}}""";
            (await _host.PostJsonAsync("/global-token-revocation", bearer, body)).Status.ShouldBe(HttpStatusCode.NoContent);
        }
    }
}
