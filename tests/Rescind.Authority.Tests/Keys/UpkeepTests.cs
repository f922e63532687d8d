using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Keys;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Keys;

public sealed class UpkeepTests
{
    [Fact]
    public async Task A_running_Authority_rotates_its_keys_by_itself_and_goes_on_answering()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var authority = await AuthorityHost.StartAsync(services => services.AddSingleton<TimeProvider>(time));
        var keys = authority.Get<KeyRing>();
        var first = keys.Active.Id;

        time.Advance(TimeSpan.FromDays(30));
        for (var i = 0; keys.Active.Id == first; i++)
        {
            i.ShouldBeLessThan(1000);
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        var bearer = await authority.BearerAsync("admin");
        (await authority.GetAsync("/v1/keys", bearer)).Text.ShouldContain("retired");
    }
}
