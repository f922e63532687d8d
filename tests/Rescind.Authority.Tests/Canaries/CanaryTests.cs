using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Authority.Canaries;
using Rescind.Authority.Revocations;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Canaries;

/// <summary>
/// A verifier proves that it judges: it must have accepted a canary while that was good, and refuse it once it is revoked.
/// </summary>
public sealed class CanaryTests : IAsyncLifetime
{
    private const int NotRefused = 2220;
    private const int RefusedAgain = 2221;
    private const double Bound = 0.2;

    private readonly LogLines _lines = new();
    private AuthorityHost _authority = null!;
    private FeedCaller _orders = null!;
    private string _reading = "";

    public async ValueTask InitializeAsync()
    {
        _authority = await AuthorityHost.StartAsync(services => services.AddSingleton<ILoggerProvider>(_lines));
        _orders = await FeedCaller.CreateAsync(_authority, "one", Bound);
        _reading = await _authority.BearerAsync("feed");
    }

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Fact]
    public async Task One_that_accepted_it_and_refuses_it_once_it_is_revoked_is_green()
    {
        var first = await NextAsync();
        await ReportAsync($"{first}.valid.open");
        (await LightAsync()).ShouldBe("unproved");

        await RunAsync();
        await ReportAsync($"{first}.revoked.closed");

        (await LightAsync()).ShouldBe("green");
        _lines.Count(NotRefused).ShouldBe(0);
    }

    [Theory]
    [InlineData("valid.open")]
    [InlineData("valid.closed")]
    [InlineData("revoked.open")]
    public async Task One_that_goes_on_accepting_past_its_bound_is_red_and_named_once(string report)
    {
        var first = await NextAsync();
        await ReportAsync($"{first}.valid.open");
        await RunAsync();

        await Eventually(async () =>
        {
            await ReportAsync($"{first}.{report}");
            return await LightAsync() is "red";
        });
        await ReportAsync($"{first}.{report}");

        _lines.Count(NotRefused).ShouldBe(1);
        _lines.Text.ShouldContain("orders/one");
        (await _authority.GetAsync("/health")).Text.ShouldContain("RSC2220");
    }

    [Fact]
    public async Task One_that_acknowledges_everything_and_judges_no_canary_is_red()
    {
        await NextAsync();

        await Eventually(async () =>
        {
            await ReportAsync("none");
            return await LightAsync() is "red";
        });
    }

    [Fact]
    public async Task One_that_refuses_the_next_canary_in_time_is_green_again()
    {
        var first = await NextAsync();
        await ReportAsync($"{first}.valid.open");
        await RunAsync();
        await Eventually(async () =>
        {
            await ReportAsync($"{first}.valid.open");
            return await LightAsync() is "red";
        });
        var second = IdOf(await PollAsync("none"));
        await ReportAsync($"{second}.valid.open");

        // A machine that is busy takes longer than so small a bound; some round is in time.
        await Eventually(async () =>
        {
            await RunAsync();
            await ReportAsync($"{second}.revoked.closed");
            second = IdOf(await PollAsync("none")) ?? second;
            await ReportAsync($"{second}.valid.open");
            return await LightAsync() is "green";
        });

        _lines.Count(RefusedAgain).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task To_refuse_what_it_never_accepted_proves_nothing()
    {
        var first = await NextAsync();
        await RunAsync();

        await ReportAsync($"{first}.revoked.closed");

        (await LightAsync()).ShouldNotBe("green");
    }

    [Fact]
    public async Task A_canary_leaves_no_act_and_no_line_in_the_audit_trail_and_its_token_opens_nothing()
    {
        await NextAsync();
        var token = (await PollAsync("none"))["canary"]!;
        await RunAsync();
        var admin = await _authority.BearerAsync("admin");

        (await _authority.GetAsync("/v1/revocations", admin)).Json.GetProperty("revocations").GetArrayLength().ShouldBe(0);
        (await _authority.GetAsync("/v1/audit", admin)).Text.ShouldNotContain("canary");
        (await _authority.GetAsync("/v1/verifiers", token)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await _authority.GetAsync("/me/sessions", token)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        _lines.Text.ShouldNotContain(token);
    }

    [Theory]
    [InlineData("one.valid")]
    [InlineData("one.valid.ajar")]
    [InlineData(".valid.open")]
    [InlineData("1.valid.open,2.valid.open,3.valid.open,4.valid.open,5.valid.open,6.valid.open,7.valid.open,8.valid.open,"
        + "9.valid.open")]
    public async Task A_report_that_cannot_be_read_is_refused(string report) =>
        (await PollAsync(report)).ShouldBeProblem(HttpStatusCode.BadRequest);

    [Fact]
    public async Task One_that_says_nothing_of_canaries_is_given_none_and_shows_none()
    {
        await RunAsync();

        (await _orders.PollAsync())["canary"].ShouldBeNull();
        (await LightAsync()).ShouldBeNull();
    }

    [Fact]
    public void By_default_there_are_none() =>
        _authority.Get<IOptions<AuthorityOptions>>().Value.CanaryInterval.ShouldBe(TimeSpan.Zero);

    private async Task<string> NextAsync()
    {
        await PollAsync("none");
        await RunAsync();
        return IdOf(await PollAsync("none"))!;
    }

    private Task<RevokedCanary?> RunAsync() => _authority.Get<CanaryRound>().RunAsync(TestContext.Current.CancellationToken);

    private Task<Answer> PollAsync(string report) => _orders.PollAsync(more: $"&canaries={report}");

    private async Task ReportAsync(string report) => (await PollAsync(report)).Status.ShouldBe(HttpStatusCode.OK);

    private static string? IdOf(Answer answer) => answer["canary"] is { } token && token.Length > 0
        ? JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement
            .GetProperty("jti").GetString()
        : null;

    private async Task<string?> LightAsync() => (await _authority.GetAsync("/v1/verifiers", _reading))
        .Json.GetProperty("verifiers").EnumerateArray().Single().GetProperty("canary").GetString();

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (await holds())
            {
                return;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        false.ShouldBeTrue("It did not come about.");
    }
}
