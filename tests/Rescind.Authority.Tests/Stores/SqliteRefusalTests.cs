using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>What the store does not open: each time a code, a sentence, a page, and a directory that is as it was.</summary>
public sealed class SqliteRefusalTests : StoreSuite, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Database => Path.Combine(_folder.Path, "rescind.db");

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);

    [Fact]
    public async Task A_directory_that_a_store_holds_already()
    {
        await using var first = await OpenAsync();

        (await RefusedAsync(OpenAsync)).ShouldStartWith("RSC1006 ");

        await RevokeAsync(first, Match.Subject("alice"));
    }

    [Fact]
    public async Task Data_of_a_later_version()
    {
        await UseAsync();
        Execute($"pragma user_version = {SqliteSchema.Version + 1}");

        (await RefusedUntouchedAsync()).ShouldStartWith("RSC1007 ");
    }

    [Fact]
    public async Task A_file_that_is_no_database()
    {
        await UseAsync();
        Overwrite(0, 512);

        (await RefusedUntouchedAsync()).ShouldStartWith("RSC1008 ");
    }

    [Fact]
    public async Task A_database_with_a_page_of_garbage()
    {
        await UseAsync();
        Overwrite(4096 * (new FileInfo(Database).Length / 4096 / 2), 4096);

        (await RefusedUntouchedAsync()).ShouldStartWith("RSC1008 ");
    }

    [Fact]
    public async Task A_database_that_was_cut_short()
    {
        await UseAsync();
        using (var file = File.OpenWrite(Database))
        {
            file.SetLength(4096 * 3);
        }

        (await RefusedUntouchedAsync()).ShouldStartWith("RSC1008 ");
    }

    [Fact]
    public async Task The_database_of_another_program()
    {
        Execute("create table photos (name text)");

        (await RefusedUntouchedAsync()).ShouldStartWith("RSC1008 ");
    }

    [Fact]
    public async Task A_database_that_is_read_only()
    {
        await UseAsync();
        File.SetAttributes(Database, FileAttributes.ReadOnly);

        (await RefusedUntouchedAsync()).ShouldStartWith("RSC1009 ");

        File.SetAttributes(Database, FileAttributes.Normal);
        await UseAsync();
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "file"), "", Cancel);

        (await RefusedAsync(() => SqliteUnderTest.OpenAsync(Path.Combine(_folder.Path, "file", "data"), Time)))
            .ShouldMatch("^RSC10(04|11) ");
    }

    [Fact]
    public async Task Data_of_another_issuer()
    {
        await UseAsync();

        var sentence = await RefusedUntouchedAsync(options => options with { Issuer = ForeignIssuer });

        sentence.ShouldStartWith("RSC1003 ");
        sentence.ShouldContain(OwnIssuer);
    }

    [Fact]
    public async Task An_older_copy_beside_the_log_of_the_newer_database()
    {
        await UseAsync();
        var copy = await File.ReadAllBytesAsync(Database, Cancel);
        byte[] log;
        await using (var store = await OpenAsync())
        {
            await RevokeAsync(store, Match.Subject("bob"));
            log = await File.ReadAllBytesAsync(Database + "-wal", Cancel);
        }

        await File.WriteAllBytesAsync(Database, copy, Cancel);
        await File.WriteAllBytesAsync(Database + "-wal", log, Cancel);

        (await RefusedUntouchedAsync()).ShouldStartWith("RSC1016 ");

        File.Delete(Database + "-wal");
        await using var again = await OpenAsync();
        (await again.Registry.LoadAsync(Cancel)).Restored.ShouldBeTrue();
    }

    [Fact]
    public async Task An_older_copy_that_lost_no_entry_of_the_log_is_noticed_all_the_same()
    {
        await UseAsync();
        var copy = await File.ReadAllBytesAsync(Database, Cancel);
        await using (var store = await OpenAsync())
        {
            await store.Registry.SaveClientAsync("web", new() { ClientId = "web", Kind = ClientKind.Public }, Caller, Cancel);
        }

        await File.WriteAllBytesAsync(Database, copy, Cancel);

        await using var again = await OpenAsync();
        (await again.Registry.LoadAsync(Cancel)).Restored.ShouldBeTrue();
    }

    [Fact]
    public async Task A_mark_that_says_nothing()
    {
        await UseAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "head"), "-", Cancel);

        (await RefusedUntouchedAsync()).ShouldStartWith("RSC1013 ");

        File.Delete(Path.Combine(_folder.Path, "head"));
        await UseAsync();
    }

    private static async Task<string> RefusedAsync(Func<Task<OpenedStore>> open)
    {
        var sentence = (await Should.ThrowAsync<StoreUnavailableException>(open)).Message;
        sentence.ShouldMatch(@"^RSC\d{4} .*\. See docs/errors/RSC\d{4}\.md\.$");
        return sentence;
    }

    private async Task<string> RefusedUntouchedAsync(Func<SqliteStoreOptions, SqliteStoreOptions>? change = null)
    {
        var before = Contents();
        var sentence = await RefusedAsync(() => SqliteUnderTest.OpenAsync(_folder.Path, Time, change));
        Contents().ShouldBe(before);
        return sentence;
    }

    private string[] Contents() => [.. Directory.GetFiles(_folder.Path).Where(file => Path.GetFileName(file) != "lock")
        .Order(StringComparer.Ordinal).Select(file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}")];

    // Enough for pages in the middle to hold something.
    private async Task UseAsync()
    {
        await using var store = await OpenAsync();
        for (var i = 0; i < 100; i++)
        {
            await StartAsync(store, NewSession("subject-" + i));
        }

        await RevokeAsync(store, Match.Subject("alice"));
    }

    private void Overwrite(long at, int count)
    {
        using var file = File.OpenWrite(Database);
        file.Position = at;
        file.Write([.. Enumerable.Repeat((byte)0xA5, count)]);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
