using Rescind.Authority.Stores;

namespace Rescind.Authority.Nodes;

/// <summary>
/// Keeps what a node remembers of the registry up with the store, whoever changes it: nothing is signed by what is
/// older than what the store has just said. Where the version has not moved that is a compare. Safe for concurrent use.
/// </summary>
internal sealed class NodeRegistry(IRegistryStore store) : IDisposable
{
    /// <summary>How often a change is decided again whose ground another node has changed.</summary>
    public const int MostAttempts = 10;

    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile IRegistryPart[] _parts = [];

    public IRegistryStore Store => store;

    /// <summary>Keeps one more part up; before the start.</summary>
    public void Add(IRegistryPart part) => _parts = [.. _parts, part];

    /// <summary>Brings every part up to a version at least that the store has said.</summary>
    public ValueTask EnsureAsync(long version, CancellationToken cancellationToken) =>
        IsAt(version) ? ValueTask.CompletedTask : new(LoadAsync(version, cancellationToken));

    /// <summary>
    /// Brings every part past the version that a change was decided on, so that it can be decided again; throws
    /// <see cref="StoreUnavailableException"/> once that has happened too often.
    /// </summary>
    public Task DecideAgainAsync(long from, int attempt, CancellationToken cancellationToken)
    {
        RequireFurther(attempt);
        return LoadAsync(from + 1, cancellationToken);
    }

    /// <summary>Throws <see cref="StoreUnavailableException"/> after the last attempt.</summary>
    public static void RequireFurther(int attempt)
    {
        if (attempt >= MostAttempts)
        {
            throw new StoreUnavailableException(
                $"Others changed clients, keys or issuers {MostAttempts} times meanwhile. Nothing was recorded.");
        }
    }

    /// <summary>Says that <paramref name="part"/> alone was changed here.</summary>
    public void Changed(IRegistryPart part, long from, long to)
    {
        foreach (var other in _parts)
        {
            if (other != part)
            {
                other.Skip(from, to);
            }
        }
    }

    public void Dispose() => _loading.Dispose();

    private bool IsAt(long version)
    {
        foreach (var part in _parts)
        {
            if (part.Version < version)
            {
                return false;
            }
        }

        return true;
    }

    // One at a time: whoever waited finds it done.
    private async Task LoadAsync(long version, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (IsAt(version))
            {
                return;
            }

            var registry = await store.LoadAsync(cancellationToken).ConfigureAwait(false);
            foreach (var part in _parts)
            {
                part.Take(registry);
            }

            if (!IsAt(version))
            {
                throw new StoreUnavailableException("The store does not show what it has committed.");
            }
        }
        finally
        {
            _loading.Release();
        }
    }
}
