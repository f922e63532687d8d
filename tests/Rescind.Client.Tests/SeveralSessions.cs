using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Rescind.Client.Tests;

/// <summary>A container has one session: what two registrations say is compared, and never mixed.</summary>
public sealed class SeveralSessions
{
    public static TheoryData<string, Action<RescindSessionOptions>> Differences => new()
    {
        { "Authority", session => session.Authority = "https://other.example.com" },
        { "ClientId", session => session.ClientId = "shop" },
        { "ClientSecret", session => session.ClientSecret = "somebody else's secret" },
        { "Origins", session => session.Origins.Add("https://bills.example.com") },
        { "RefreshAt", session => session.RefreshAt = 0.5 },
        { "RequestTimeout", session => session.RequestTimeout = TimeSpan.FromSeconds(1) },
        { "RefreshLimit", session => session.RefreshLimit = TimeSpan.Zero },
        { "UnavailableLimit", session => session.UnavailableLimit = TimeSpan.Zero },
        { "MaxBufferedBytes", session => session.MaxBufferedBytes = 0 },
    };

    [Theory]
    [MemberData(nameof(Differences), DisableDiscoveryEnumeration = true)]
    public async Task A_host_that_registers_another_one_does_not_start(string setting, Action<RescindSessionOptions> change)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddHttpClient("orders").AddRescindSession(Fill);
        builder.Services.AddHttpClient("bills").AddRescindSession(session =>
        {
            Fill(session);
            change(session);
        });
        using var host = builder.Build();

        var refusal = (await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync())).Message;

        refusal.ShouldStartWith("RSC5005 ");
        refusal.ShouldContain($"They differ in {setting}. ");
        refusal.ShouldNotContain("somebody else's secret");
    }

    [Fact]
    public void A_container_without_a_host_refuses_it_where_the_session_is_made()
    {
        using var provider = new ServiceCollection().AddRescindSession(Fill).AddRescindSession(session =>
        {
            Fill(session);
            session.Origins.Add("https://bills.example.com");
        }).BuildServiceProvider();

        Should.Throw<OptionsValidationException>(provider.GetRequiredService<RescindSession>).Message.ShouldStartWith("RSC5005 ");
    }

    [Fact]
    public async Task The_same_settings_may_be_given_twice()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddRescindSession(Fill).AddRescindSession(Fill).AddRescindSession(static session =>
        {
            Fill(session);
            session.RefreshAt = 0.8;
        });
        using var host = builder.Build();

        await host.StartAsync();

        host.Services.GetServices<RescindSession>().ShouldHaveSingleItem();
        host.Services.GetRequiredService<IOptions<RescindSessionOptions>>().Value.Origins.Count.ShouldBe(1);
    }

    private static void Fill(RescindSessionOptions session)
    {
        (session.Authority, session.ClientId) = ("https://auth.example.com", "web");
        session.Origins.Add("https://orders.example.com");
    }
}
