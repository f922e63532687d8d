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

    // The files as they are while the store is open, in a directory that nobody holds. A mark that is just being
    // written does not count.
    internal override async Task<OpenedStore> OpenAfterKillAsync(OpenedStore store)
    {
        var left = Directory.GetFiles(Path.Combine(_folder.Path, $"{_folders}"))
            .Where(file => Path.GetFileName(file) is not ("lock" or "head.new"));
        var copies = Directory.CreateDirectory(Path.Combine(_folder.Path, $"{++_folders}"));
        foreach (var file in left)
        {
            File.Copy(file, Path.Combine(copies.FullName, Path.GetFileName(file)));
        }

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
