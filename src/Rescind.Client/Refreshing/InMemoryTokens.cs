namespace Rescind.Client.Refreshing;

/// <summary>The store of an application that gave none: the tokens are gone with the process.</summary>
internal sealed class InMemoryTokens : ITokenStore
{
    private SessionTokens? _tokens;

    public ValueTask<SessionTokens?> LoadAsync(CancellationToken cancellationToken) => new(_tokens);

    public ValueTask SaveAsync(SessionTokens tokens, CancellationToken cancellationToken)
    {
        _tokens = tokens;
        return ValueTask.CompletedTask;
    }

    public ValueTask ClearAsync(CancellationToken cancellationToken)
    {
        _tokens = null;
        return ValueTask.CompletedTask;
    }
}
