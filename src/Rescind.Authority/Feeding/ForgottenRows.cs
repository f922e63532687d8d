using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// The saved rows of verifiers that are forgotten, until they are deleted together with others that are saved. Not safe for
/// concurrent use: <see cref="VerifierRegistry"/> holds its lock.
/// </summary>
internal sealed class ForgottenRows
{
    private readonly Dictionary<(string ClientId, string Instance), StoredVerifier> _rows = [];

    public void Add(StoredVerifier row) => _rows[(row.ClientId, row.Instance)] = row;

    /// <summary>One is counted again.</summary>
    public void Remove((string ClientId, string Instance) key) => _rows.Remove(key);

    /// <summary>Takes some away, at most so many.</summary>
    public IReadOnlyList<StoredVerifier> Take(int most)
    {
        StoredVerifier[] rows = [.. _rows.Values.Take(most)];
        foreach (var row in rows)
        {
            _rows.Remove((row.ClientId, row.Instance));
        }

        return rows;
    }
}
