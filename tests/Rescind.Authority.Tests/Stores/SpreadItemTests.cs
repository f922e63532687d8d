using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>
/// Renewals that are spread are looked after each second; the writer hears of it only where there is something to write.
/// </summary>
public sealed class SpreadItemTests : StoreSuite, IDisposable
{
    private const long Spread = 300;

    private readonly TemporaryFolder _folder = new();
    private int _items;

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() =>
        SqliteUnderTest.OpenAsync(_folder.Path, Time, options => options with { Before = Count });

    [Fact]
    public async Task Open_spreads_take_no_turn_of_the_writer_until_something_is_due()
    {
        await using var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(Record(ForeignIssuer), Caller, Cancel);
        await StartAsync(store, NewSession());
        foreach (var issuer in (string[])[OwnIssuer, ForeignIssuer, OwnIssuer])
        {
            await store.Revocations.RevokeAsync(
                Draft(Match.Client("web"), Effect.Renew, issuer: issuer) with { Spread = Spread }, Cancel);
        }

        (await ItemsOfAsync(store, seconds: 0), await ItemsOfAsync(store, seconds: 1)).ShouldBe((0, 0));
        (await ItemsOfAsync(store, seconds: 2), await ItemsOfAsync(store, seconds: 0)).ShouldBe((1, 0));
        (await ItemsOfAsync(store, seconds: Spread), await ItemsOfAsync(store, seconds: Spread)).ShouldBe((3, 0));
    }

    private async Task<int> ItemsOfAsync(OpenedStore store, long seconds)
    {
        Time.Advance(TimeSpan.FromSeconds(seconds));
        Interlocked.Exchange(ref _items, 0);
        await store.Revocations.AdvanceSpreadsAsync(Cancel);
        return Volatile.Read(ref _items);
    }

    private void Count(WriteStep step)
    {
        if (step is WriteStep.Item)
        {
            Interlocked.Increment(ref _items);
        }
    }
}
