using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>An act is appended first, whatever it hits; how many that is, is said where it is found out in time.</summary>
public sealed class BroadCountTests : IAsyncLifetime
{
    private const int Rows = 25_000;

    // FullTables gives every fiftieth session to a client of its own.
    private const int OfWeb = Rows - (Rows / 50);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private OpenedStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        await (await OpenAsync()).DisposeAsync();
        using (var connection = new SqliteConnection(
            $"Data Source={Path.Combine(_folder.Path, SqliteStoreOptions.DefaultFileName)};Pooling=False"))
        {
            connection.Open();
            using var fill = connection.CreateCommand();
            fill.CommandText = $"begin; {FullTables.Sql(Rows, _time.GetUtcNow().ToUnixTimeSeconds())} commit";
            fill.ExecuteNonQuery();
        }

        _store = await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Many_are_revoked_by_one_entry_and_are_not_counted()
    {
        var outcome = await RevokeAsync(Match.Client("web"));

        (outcome.Result, outcome.Sessions).ShouldBe((RevokeResult.Appended, null));
        (await _store.Revocations.ReadAsync(new(Rows), 10, default))!.Entries.Count.ShouldBe(1);
        (await _store.Sessions.FindAsync("sid-1", default))!.EndedBy.ShouldBe(outcome.Revocation!.Position);
    }

    [Fact]
    public async Task Some_are_counted_as_they_were_before_and_the_act_keeps_the_number()
    {
        var outcome = await RevokeAsync(Match.Tag("team", "small"));

        (outcome.Result, outcome.Sessions, outcome.Revocation!.Sessions).ShouldBe((RevokeResult.Appended, 200, 200));
        (await _store.Revocations.FindAsync(outcome.Revocation.Position, default))!.Sessions.ShouldBe(200);
    }

    [Fact]
    public async Task One_that_spares_some_among_very_many_is_refused_although_few_of_them_live()
    {
        _time.Advance(TimeSpan.FromDays(12));
        await _store.Sessions.StartAsync(new() { Session = Living(), Audit = StoreSuite.Caller }, default);

        var outcome = await RevokeAsync(
            Match.Client("web"), draft => draft with { Second = _time.GetUtcNow().ToUnixTimeSeconds() - 1 });

        (outcome.Result, outcome.Revocation).ShouldBe((RevokeResult.TooMany, null));
    }

    [Fact]
    public async Task A_preview_counts_more_than_an_act_does()
    {
        (await _store.Revocations.PreviewAsync(StoreSuite.Draft(Match.Client("web")), default)).Sessions.ShouldBe(OfWeb);
    }

    [Theory]
    [InlineData(OfWeb, true)]
    [InlineData(1_000_000, true)]
    [InlineData(OfWeb / 2, false)]
    public async Task What_the_caller_confirmed_is_compared_with_what_is_there(long confirmed, bool holds)
    {
        (await RevokeAsync(Match.Client("web"), draft => draft with { Confirm = confirmed }))
            .Result.ShouldBe(holds ? RevokeResult.Appended : RevokeResult.NotConfirmed);
    }

    [Fact]
    public async Task The_name_is_no_confirmation_where_the_number_can_be_known()
    {
        var outcome = await RevokeAsync(Match.Client("web"), draft => draft with { IsConfirmedByName = true });

        (outcome.Result, outcome.Sessions).ShouldBe((RevokeResult.NotConfirmed, OfWeb));
    }

    [Fact]
    public async Task A_repeat_of_what_was_not_counted_says_so_too()
    {
        IdempotencyKey key = new("client:test", "key", "request");
        await RevokeAsync(Match.Client("web"), draft => draft with { Idempotency = key });

        var repeated = await RevokeAsync(Match.Client("web"), draft => draft with { Idempotency = key });

        (repeated.Result, repeated.Sessions).ShouldBe((RevokeResult.Repeated, null));
    }

    private Session Living() => new()
    {
        Id = "living", Subject = "eve", ClientId = "web", Audience = ["orders"],
        CreatedAt = _time.GetUtcNow().ToUnixTimeSeconds(), AuthenticatedAt = 0, LastRefreshedAt = 0, Generation = 1,
        IdleExpiresAt = long.MaxValue, ExpiresAt = long.MaxValue, Started = default,
        RefreshKeyId = 1, Salt = new byte[] { 1 },
    };

    // The time that counting may take does not pass.
    private Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, _time);

    private Task<RevokeOutcome> RevokeAsync(Match match, Func<RevocationDraft, RevocationDraft>? change = null)
    {
        var draft = StoreSuite.Draft(match);
        return _store.Revocations.RevokeAsync(change is null ? draft : change(draft), default);
    }
}
