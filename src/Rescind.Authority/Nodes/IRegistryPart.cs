using Rescind.Authority.Stores;

namespace Rescind.Authority.Nodes;

/// <summary>What a node keeps in memory of one part of the registry: its clients, or its keys. Safe for concurrent use.</summary>
internal interface IRegistryPart
{
    /// <summary>The version of the registry that it is of.</summary>
    long Version { get; }

    /// <summary>Takes what the store holds, unless it is no newer than what is here.</summary>
    void Take(Registry registry);

    /// <summary>
    /// A change of another part took the registry from one version to the next: what is here of the first is of the second, too.
    /// </summary>
    void Skip(long from, long to);
}
