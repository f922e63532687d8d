using System.Net;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>A database that is too large to be looked at as a whole before the start.</summary>
public sealed class SqliteCheckTests : StoreSuite, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LogLines _log = new();

    private string Database => Path.Combine(_folder.Path, SqliteStoreOptions.DefaultFileName);

    public void Dispose()
    {
        _folder.Dispose();
        _log.Dispose();
    }

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);

    [Fact]
    public async Task Is_open_at_once_and_every_page_of_it_is_looked_at_while_it_is_used()
    {
        await FillAsync();
        await using var store = OpenHastily();
        store.Check.IsDone.ShouldBeFalse();

        await store.Check.FinishAsync(Cancel);

        store.Check.IsDone.ShouldBeTrue();
        store.Check.HasFailed.ShouldBeFalse();
    }

    [Fact]
    public async Task Is_neither_read_nor_written_once_a_page_of_garbage_was_found()
    {
        await FillAsync();
        DamageOnePage();
        await using var store = OpenHastily();

        (await Should.ThrowAsync<StoreUnavailableException>(store.Check.FinishAsync(Cancel))).Message.ShouldStartWith("RSC1008 ");

        store.Check.HasFailed.ShouldBeTrue();
        await ShouldBeRefusedAsync(store.Revocations.RevokeAsync(Draft(Match.Subject("alice")), Cancel));
        await ShouldBeRefusedAsync(store.Registry.LoadAsync(Cancel));
        await ShouldBeRefusedAsync(
            store.Revocations.SnapshotAsync(default, _ => Task.CompletedTask, _ => Task.CompletedTask, Cancel));
        await ShouldBeRefusedAsync(store.Backup.MakeAsync(Cancel));
    }

    [Fact]
    public async Task Is_not_damaged_because_it_cannot_be_read_for_a_moment()
    {
        await FillAsync();
        await using var store = OpenHastily();
        File.Move(Database, Database + ".away");

        await Should.ThrowAsync<StoreUnavailableException>(store.Check.FinishAsync(Cancel));

        store.Check.HasFailed.ShouldBeFalse();
        File.Move(Database + ".away", Database);
        await store.Check.FinishAsync(Cancel);
        store.Check.IsDone.ShouldBeTrue();
    }

    [Fact]
    public async Task Is_told_to_operators_as_it_is_looked_at_and_as_it_is_damaged()
    {
        await FillAsync(AuthorityHost.Issuer);
        DamageOnePage();
        await using var host = await AuthorityHost.StartAsync(
            services =>
            {
                services.AddSingleton<ILoggerProvider>(_log);
                services.AddSingleton<TimeProvider>(new HastyTime());
            },
            _folder.Path);

        while (_log.Count(1008) == 0)
        {
            await Task.Delay(20, Cancel);
        }

        _log.Count(1807).ShouldBe(1);
        var health = await host.GetAsync("/health");
        (health.Status, health["status"]).ShouldBe((HttpStatusCode.OK, "degraded"));
        health.Text.ShouldContain("RSC1008");
    }

    // Enough pages that a look is interrupted before its end.
    private async Task FillAsync(string issuer = OwnIssuer)
    {
        await using var store = await SqliteUnderTest.OpenAsync(_folder.Path, Time, options => options with { Issuer = issuer });
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => StartAsync(store, NewSession($"subject-{i}"))));
    }

    // One that a start does not read.
    private void DamageOnePage()
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "select rootpage from sqlite_master where name = 'acts_actor'";
        var page = (long)command.ExecuteScalar()!;
        connection.Close();
        using var file = File.OpenWrite(Database);
        file.Position = (page - 1) * 4096;
        file.Write([.. Enumerable.Repeat((byte)0xA5, 4096)]);
    }

    private static async Task ShouldBeRefusedAsync(Task use) =>
        (await Should.ThrowAsync<StoreUnavailableException>(use)).Message.ShouldStartWith("RSC1008 ");

    private SqliteStore OpenHastily() => SqliteStore.Open(
        new() { Folder = _folder.Path, Issuer = OwnIssuer, CheckTime = TimeSpan.Zero }, Time, Entropy.System);

    // A second passes between any two looks at the clock.
    private sealed class HastyTime : TimeProvider
    {
        private long _looks;

        public override long GetTimestamp() => Interlocked.Increment(ref _looks) * TimestampFrequency;
    }
}
