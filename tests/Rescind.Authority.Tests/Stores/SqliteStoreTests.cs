using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>The contract, held by SQLite on a real disk.</summary>
public sealed class SqliteSessionTests : SessionStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteNodeTests : NodeContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteCoveredEndTests : CoveredEndContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteClaimTests : ClaimContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteChangeTests : ChangeContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteRotationTests : RotationContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteRevocationTests : RevocationStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteLogTests : LogContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteClockTests : ClockContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteMintedAheadTests : MintedAheadContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _afterKill = new();

    public void Dispose()
    {
        _folder.Dispose();
        _afterKill.Dispose();
    }

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);

    internal override async Task<OpenedStore> OpenAfterKillAsync(OpenedStore store)
    {
        SqliteUnderTest.CopyAsKilled(_folder.Path, _afterKill.Path);
        await store.DisposeAsync();
        return await SqliteUnderTest.OpenAsync(_afterKill.Path, Time);
    }

    [Fact]
    public async Task What_ends_all_that_an_older_copy_does_not_know_outlives_it_too()
    {
        var database = Path.Combine(_folder.Path, SqliteStoreOptions.DefaultFileName);
        await (await OpenFilledAsync()).DisposeAsync();
        var copy = await File.ReadAllBytesAsync(database, Cancel);
        long minted;
        await using (var store = await OpenAsync())
        {
            minted = await UnderAClockAheadAsync(async () =>
            {
                await StartAsync(store, NewSession());
                await RevokeAsync(store, Match.Subject("bob"));
            });
        }

        await File.WriteAllBytesAsync(database, copy, Cancel);
        await using var again = await OpenAsync();

        var end = (await again.Revocations.ListAsync(new(), default, 10, Cancel)).Rows.ShouldHaveSingleItem();
        (end.Match, end.At).ShouldBe((Match.Issuer, Now));
        ShouldOutlive(end, minted);
    }
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteRegistryTests : RegistryStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteLogoutTests : LogoutStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteRaceTests : RaceContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteHandleTests : HandleContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteModelTests : ModelContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _folders;

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(Path.Combine(_folder.Path, $"{_folders}"), Time);

    internal override Task<OpenedStore> OpenEmptyAsync()
    {
        _folders++;
        return OpenAsync();
    }

    internal override async Task<OpenedStore> OpenAfterKillAsync(OpenedStore store)
    {
        var left = Path.Combine(_folder.Path, $"{_folders}");
        SqliteUnderTest.CopyAsKilled(left, Path.Combine(_folder.Path, $"{++_folders}"));
        await store.DisposeAsync();
        return await OpenAsync();
    }
}

/// <summary>Opens the store for the contract.</summary>
internal static class SqliteUnderTest
{
    /// <summary>
    /// Whatever a test makes the store prepare is looked at: a statement that reads more than it needs fails the test.
    /// </summary>
    public static SqliteStoreOptions Options(string folder) =>
        new() { Folder = folder, Issuer = StoreSuite.OwnIssuer, Prepared = static (sql, _) => StatementPlans.Check(sql) };

    /// <summary>
    /// Copies the files as they are while a store is open into a folder that nobody holds. A mark that is just being
    /// written does not count.
    /// </summary>
    public static void CopyAsKilled(string folder, string copies)
    {
        Directory.CreateDirectory(copies);
        foreach (var file in Directory.GetFiles(folder).Where(file => Path.GetFileName(file) is not ("lock" or "head.new")))
        {
            File.Copy(file, Path.Combine(copies, Path.GetFileName(file)));
        }
    }

    public static Task<OpenedStore> OpenAsync(
        string folder, TimeProvider time, Func<SqliteStoreOptions, SqliteStoreOptions>? change = null)
    {
        var options = change is null ? Options(folder) : change(Options(folder));
        var (gate, before) = (new WriteGate(), options.Before);
        var store = SqliteStore.Open(options with { Before = Pass }, time, Entropy.System);
        return Task.FromResult(new OpenedStore(store, store.DisposeAsync)
        {
            Gate = gate,
        });

        void Pass(WriteStep step)
        {
            before?.Invoke(step);
            if (step is WriteStep.Item)
            {
                gate.Pass();
            }
        }
    }
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteSparingTests : SparingContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time);
}

/// <inheritdoc cref="SqliteSessionTests"/>
public sealed class SqliteSpreadTests : SpreadContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _folders;

    public void Dispose() => _folder.Dispose();

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(Path.Combine(_folder.Path, $"{_folders}"), Time);

    internal override Task<OpenedStore> OpenEmptyAsync()
    {
        _folders++;
        return OpenAsync();
    }
}
