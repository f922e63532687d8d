using System.Globalization;
using Microsoft.Data.Sqlite;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>
/// However many idempotency keys an actor sends, so many are remembered, the newest, and nobody else's are touched.
/// </summary>
public sealed class IdempotencyShareTests : StoreSuite, IDisposable
{
    private const int Share = 100;

    private readonly TemporaryFolder _folder = new();
    private int _share = Share;

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() =>
        SqliteUnderTest.OpenAsync(_folder.Path, Time, options => options with { MaxKeysOfOneActor = _share });

    [Fact]
    public async Task The_oldest_go_first_and_what_was_done_under_them_stands()
    {
        await using var store = await OpenAsync();
        var others = await RevokeAsync(store, "client:another", "key");
        var first = await RevokeAsync(store, "client:flood", "first");
        Time.Advance(TimeSpan.FromSeconds(1));

        await FloodAsync(store, 10 * Share);

        (KeysOf("client:flood"), CountOf("client:flood")).ShouldBe((Share, Share));
        (await RevokeAsync(store, "client:flood", $"key-{(10 * Share) - 1}")).Result.ShouldBe(RevokeResult.Repeated);
        (await store.Revocations.FindAsync(first.Revocation!.Position, Cancel)).ShouldNotBeNull();
        (await RevokeAsync(store, "client:another", "key")).ShouldBe(others with { Result = RevokeResult.Repeated });
    }

    [Fact]
    public async Task A_key_that_is_used_again_counts_once_and_one_that_is_purged_counts_no_more()
    {
        await using var store = await OpenAsync();
        await RevokeAsync(store, "client:flood", "again");
        Time.Advance(TimeSpan.FromDays(2));
        await RevokeAsync(store, "client:flood", "again");
        await RevokeAsync(store, "client:gone", "key");
        (KeysOf("client:flood"), CountOf("client:flood")).ShouldBe((1, 1));

        Time.Advance(TimeSpan.FromDays(2) + TimeSpan.FromSeconds(1));
        await store.Revocations.PurgeAsync(Cancel);

        (KeysOf("client:gone"), CountOf("client:gone")).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_smaller_share_is_reached_with_the_acts_that_follow()
    {
        await using (var store = await OpenAsync())
        {
            await FloodAsync(store, Share);
        }

        _share = Share / 2;
        await using var again = await OpenAsync();
        await FloodAsync(again, Share, "later");

        KeysOf("client:flood").ShouldBe(Share / 2);
    }

    private static Task<RevokeOutcome[]> FloodAsync(OpenedStore store, int keys, string prefix = "key") =>
        Task.WhenAll(Enumerable.Range(0, keys).Select(i => RevokeAsync(store, "client:flood", $"{prefix}-{i}")));

    private static Task<RevokeOutcome> RevokeAsync(OpenedStore store, string actor, string key) => store.Revocations.RevokeAsync(
        new()
        {
            Issuer = OwnIssuer, Match = Match.Subject("alice"), Effect = Effect.End, Once = true, Reason = "test",
            Audit = new(actor, null, null),
            Idempotency = new(actor, key, "hash"),
        },
        Cancel);

    private long KeysOf(string actor) => Number("select count(*) from idempotency where actor = $actor", actor);

    private long CountOf(string actor) => Number("select count from idempotency_counts where actor = $actor", actor);

    private long Number(string sql, string actor)
    {
        using var connection = new SqliteConnection(
            $"Data Source={Path.Combine(_folder.Path, "rescind.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // One of two texts above.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$actor", actor);
        return Convert.ToInt64(command.ExecuteScalar() ?? 0, CultureInfo.InvariantCulture);
    }
}
