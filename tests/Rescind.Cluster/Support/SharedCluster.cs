using Rescind.EndToEnd;

namespace Rescind.Cluster.Support;

/// <summary>The two nodes of the tests that neither stop them nor count all that is there.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    private AuthorityProcess? _authority;
    private AuthorityClient? _atFirst;
    private AuthorityClient? _atSecond;
    private AuthorityClient? _through;

    internal AuthorityProcess Authority => _authority ?? throw new InvalidOperationException("It has not been started.");

    /// <summary>The administrator at the first node.</summary>
    internal AuthorityClient AtFirst => _atFirst ?? throw new InvalidOperationException("It has not been started.");

    /// <summary>The administrator at the second node.</summary>
    internal AuthorityClient AtSecond => _atSecond ?? throw new InvalidOperationException("It has not been started.");

    /// <summary>The administrator behind the load balancer.</summary>
    internal AuthorityClient Through => _through ?? throw new InvalidOperationException("It has not been started.");

    public async ValueTask InitializeAsync()
    {
        _authority = await AuthorityProcess.StartAsync();
        _atFirst = await _authority.ConnectAsync(_authority.First.Url);
        _atSecond = await _authority.ConnectAsync(_authority.Second.Url);
        _through = await _authority.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _atFirst?.Dispose();
        _atSecond?.Dispose();
        _through?.Dispose();
        await (_authority?.DisposeAsync() ?? default);
    }

    /// <summary>One of the nodes and the other: which is which changes with the number.</summary>
    internal (AuthorityClient Here, AuthorityClient There) Turn(int number) =>
        number % 2 == 0 ? (AtFirst, AtSecond) : (AtSecond, AtFirst);
}

/// <summary>Nodes and verifiers are processes, and their limits are in wall time: one test at a time.</summary>
[CollectionDefinition(Child.OneSystemAtATime)]
public sealed class OneSystemAtATime : ICollectionFixture<SharedCluster>;
