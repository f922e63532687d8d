using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Keys;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
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
        await AfterAMonthAsync(time, keys);

        var bearer = await authority.BearerAsync("admin");
        (await authority.GetAsync("/v1/keys", bearer)).Text.ShouldContain("retired");
    }

    [Fact]
    public async Task Keys_are_rotated_while_a_purge_takes_its_time()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var authority = await AuthorityHost.StartAsync(services => services
            .AddSingleton<TimeProvider>(time)
            .AddSingleton(provider => EndlessPurge.Of(provider.GetRequiredService<SqliteStore>().Revocations)));
        while (!EndlessPurge.Began.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await AfterAMonthAsync(time, authority.Get<KeyRing>());
    }

    private static async Task AfterAMonthAsync(FakeTimeProvider time, KeyRing keys)
    {
        var first = keys.Active.Id;
        time.Advance(TimeSpan.FromDays(30));
        for (var i = 0; keys.Active.Id == first; i++)
        {
            i.ShouldBeLessThan(1000);
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    // The store, whose purges never end.
#pragma warning disable CA1852 // The runtime derives from it.
    private class EndlessPurge : DispatchProxy
#pragma warning restore CA1852
    {
        private static readonly TaskCompletionSource Beginning = new();

        private IRevocationStore? _store;

        public static Task Began => Beginning.Task;

        public static IRevocationStore Of(IRevocationStore store)
        {
            var proxy = Create<IRevocationStore, EndlessPurge>();
            ((EndlessPurge)(object)proxy)._store = store;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name != nameof(IRevocationStore.PurgeAsync))
            {
                return targetMethod.Invoke(_store, args);
            }

            Beginning.TrySetResult();
            return new TaskCompletionSource<long>().Task;
        }
    }
}
