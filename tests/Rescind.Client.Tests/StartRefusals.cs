using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests;

/// <summary>Options that would not be safe are refused, with a code, where the session or the host is made.</summary>
public sealed class StartRefusals
{
    public static TheoryData<string, string> Wrong => new()
    {
        { "RSC5001", "http://auth.example.com" }, { "RSC5001", "auth.example.com" }, { "RSC5001", "" },
        { "RSC5001", "ftp://127.0.0.1" },
        { "RSC5001", "https://u:p@auth.example.com" }, { "RSC5001", "https://auth.example.com?x" },
        { "RSC5001", "https://auth.example.com#x" },
        { "RSC5003", "http://orders.example.com" }, { "RSC5003", "https://orders.example.com/v1" }, { "RSC5003", "*" },
        { "RSC5003", "https://u@orders.example.com" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_URL_that_is_not_safe_is_refused(string code, string url)
    {
        var options = Good();
        if (code == "RSC5001")
        {
            options.Authority = url;
        }
        else
        {
            options.Origins.Add(url);
        }

        Refusal(options).ShouldStartWith(code);
    }

    [Fact]
    public void Whatever_is_missing_is_named_all_at_once() =>
        Should.Throw<OptionsValidationException>(() => new RescindSession(new()))
            .Failures.Select(failure => failure[..7]).ShouldBe(["RSC5001", "RSC5002", "RSC5003"]);

    [Fact]
    public void A_number_out_of_range_is_refused()
    {
        Action<RescindSessionOptions>[] wrong =
        [
            options => options.RefreshAt = double.NaN, options => options.RefreshAt = 0.95,
            options => options.RequestTimeout = TimeSpan.Zero,
            options => options.RefreshLimit = TimeSpan.FromSeconds(-1), options => options.UnavailableLimit = TimeSpan.MaxValue,
            options => options.MaxBufferedBytes = -1,
        ];
        foreach (var change in wrong)
        {
            var options = Good();
            change(options);
            Refusal(options).ShouldStartWith("RSC5004");
        }
    }

    [Fact]
    public async Task A_host_with_wrong_options_does_not_start()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddHttpClient("orders").AddRescindSession(session => session.ClientId = "web");
        using var host = builder.Build();

        (await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync())).Message.ShouldContain("RSC5001");
    }

    [Fact]
    public async Task What_the_application_has_registered_is_used_and_every_client_shares_the_session()
    {
        await using var world = await World.StartAsync();
        var services = new ServiceCollection().AddSingleton<ITokenStore>(world.Store).AddSingleton<TimeProvider>(world.Time);
        services.AddHttpClient("orders").AddRescindSession(session =>
        {
            (session.Authority, session.ClientId) = (world.Server.Url, "web");
            session.Origins.Add(world.Server.Url);
        });
        services.AddHttpClient("bills").AddRescindSession();
        await using var provider = services.BuildServiceProvider();
        world.ExpireToken();

        foreach (var name in new[] { "orders", "bills" })
        {
            await provider.GetRequiredService<IHttpClientFactory>().CreateClient(name).GetAsync(world.Server.Url + "/x");
        }

        world.Server.Calls.ShouldBe(["Bearer at.2", "Bearer at.2"]);
        world.Store.Tokens!.RefreshToken.ShouldBe("rt_2");
    }

    private static RescindSessionOptions Good() =>
        new() { Authority = "https://auth.example.com/auth/", ClientId = "web", Origins = { "https://orders.example.com:8443" } };

    private static string Refusal(RescindSessionOptions options) =>
        Should.Throw<OptionsValidationException>(() => new RescindSession(options)).Failures.ShouldHaveSingleItem();
}
