using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Memory;
using Rescind.Authority.Tests.Support;
using Rescind.Client.Tests.Support;

namespace Rescind.Authority.Tests.Nodes;

/// <summary>
/// Two whole Authorities on one store, with one clock that the test moves: while it stands neither asks the store by
/// itself what the other has done.
/// </summary>
internal sealed class TwoNodes : IAsyncDisposable
{
    private static readonly string MasterKey = Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray());

    private readonly MemoryData _data = new();
    private volatile bool _isAway;
    private AuthorityHost? _first;
    private AuthorityHost? _second;

    public SettableTime Time { get; } = new(DateTimeOffset.UtcNow);

    public AuthorityHost First => _first!;

    public AuthorityHost Second => _second!;

    /// <summary>Whether the second one cannot read the store.</summary>
    public bool IsAway
    {
        get => _isAway;
        set => _isAway = value;
    }

    public static async Task<TwoNodes> StartAsync()
    {
        var nodes = new TwoNodes();
        try
        {
            nodes._first = await nodes.StartOneAsync();
            nodes._second = await nodes.StartOneAsync(static _ => { }, step => nodes.IsAway && step is MemoryStep.Read);
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    /// <summary>What is committed counts as put back from a backup from now on.</summary>
    public void Restore() => _data.Restored = true;

    /// <summary>Starts one more.</summary>
    public Task<AuthorityHost> StartOneAsync(
        Action<AuthorityOptions>? configure = null, Func<MemoryStep, bool>? fails = null)
    {
        var options = new MemoryStoreOptions
        {
            Issuer = AuthorityHost.Issuer,
            Before = step => new(fails?.Invoke(step) is true ? MemoryFault.Fail : MemoryFault.None),
        };
#pragma warning disable CA2000 // It holds nothing.
        var store = MemoryStore.Open(_data, options, Time, Entropy.System);
#pragma warning restore CA2000
        return AuthorityHost.StartAsync(services => services
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton<IAuthorityStore>(store)
            .Configure<AuthorityOptions>(set =>
            {
                set.MasterKey = MasterKey;
                configure?.Invoke(set);
            }));
    }

    /// <summary>Lets time pass in steps that every timer notices.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += LogFollower.PollInterval)
        {
            Time.Advance(LogFollower.PollInterval);
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        IsAway = false;
        foreach (var node in new[] { _first, _second })
        {
            if (node is not null)
            {
                await node.DisposeAsync();
            }
        }
    }
}
