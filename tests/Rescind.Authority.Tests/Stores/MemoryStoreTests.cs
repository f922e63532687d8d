using Rescind.Authority.Stores.Memory;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>Opens the in-memory store for the contract.</summary>
internal static class MemoryUnderTest
{
    public static Task<OpenedStore> OpenAsync(
        MemoryData data, TimeProvider time, Func<MemoryStoreOptions, MemoryStoreOptions>? change = null)
    {
        MemoryStoreOptions plain = new() { Issuer = StoreSuite.OwnIssuer };
        var options = change is null ? plain : change(plain);
        var (gate, before) = (new WriteGate(), options.Before);
        var store = MemoryStore.Open(data, options with { Before = PassAsync }, time, Entropy.System);
        return Task.FromResult(new OpenedStore(store, store.DisposeAsync)
        {
            Gate = gate,
        });

        ValueTask<MemoryFault> PassAsync(MemoryStep step)
        {
            if (step is MemoryStep.Fetch)
            {
                gate.Pass();
            }

            return before?.Invoke(step) ?? new(MemoryFault.None);
        }
    }
}

/// <summary>The contract, held in memory.</summary>
public sealed class MemorySessionTests : SessionStoreContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryCoveredEndTests : CoveredEndContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryClaimTests : ClaimContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryChangeTests : ChangeContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryRotationTests : RotationContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryRevocationTests : RevocationStoreContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryLogTests : LogContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryClockTests : ClockContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryMintedAheadTests : MintedAheadContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);

    internal override async Task<OpenedStore> OpenAfterKillAsync(OpenedStore store)
    {
        await store.DisposeAsync();
        return await OpenAsync();
    }
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryNodeTests : NodeContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryRegistryTests : RegistryStoreContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryLogoutTests : LogoutStoreContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryRaceTests : RaceContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryHandleTests : HandleContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemorySparingTests : SparingContract
{
    private readonly MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemorySpreadTests : SpreadContract
{
    private MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);

    internal override Task<OpenedStore> OpenEmptyAsync()
    {
        _data = new();
        return OpenAsync();
    }
}

/// <inheritdoc cref="MemorySessionTests"/>
public sealed class MemoryModelTests : ModelContract
{
    private MemoryData _data = new();

    internal override Task<OpenedStore> OpenAsync() => MemoryUnderTest.OpenAsync(_data, Time);

    internal override Task<OpenedStore> OpenEmptyAsync()
    {
        _data = new();
        return OpenAsync();
    }

    // What was committed is all that there is.
    internal override async Task<OpenedStore> OpenAfterKillAsync(OpenedStore store)
    {
        await store.DisposeAsync();
        return await OpenAsync();
    }
}
