namespace Rescind.Authority.Tests.Support;

/// <summary>One Authority for all tests of a class that do not disturb each other.</summary>
public sealed class SharedAuthority : IAsyncLifetime
{
    internal AuthorityHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await AuthorityHost.StartAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
