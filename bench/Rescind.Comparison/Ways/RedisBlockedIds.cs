using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Rescind.Comparison.Ways;

/// <summary>Blocked ids as keys of the reader's Redis server; each ends by itself, with its token.</summary>
internal sealed class RedisBlockedIds(string address, string prefix) : IBlockedIds
{
    private readonly ConcurrentBag<RedisKey> _written = [];
    private IDatabase _database = null!;

    public async Task OpenAsync() => _database = (await ConnectionMultiplexer.ConnectAsync(address)).GetDatabase();

    public Task<bool> HasAsync(string id) => _database.KeyExistsAsync($"{prefix}:{id}");

    public Task AddAsync(IEnumerable<string> ids, TimeSpan lifetime) => Task.WhenAll(ids.Select(id =>
    {
        RedisKey key = $"{prefix}:{id}";
        _written.Add(key);
        return _database.StringSetAsync(key, "1", lifetime);
    }));

    /// <summary>Takes away what was written.</summary>
    public Task ClearAsync() => _database.KeyDeleteAsync([.. _written]);

    public async Task<long> BytesAsync() => _written.TryPeek(out var key)
        ? (long)await _database.ExecuteAsync("MEMORY", "USAGE", key) * _written.Count : 0;
}
