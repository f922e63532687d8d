using Microsoft.IdentityModel.Tokens;

namespace Rescind.Authority.Issuers;

/// <summary>
/// The keys behind one URL, as they were when it was last asked. Callers at the same time share one answer, and a key that nobody has
/// heard of asks again only after a pause: made-up names must not turn us against somebody else's server (JWK-7). Safe for concurrent use.
/// </summary>
/// <param name="fetch">Asks the URL; null if it did not answer with keys. Never throws.</param>
/// <param name="time">Measures ages and pauses.</param>
internal sealed class PublishedKeys(Func<Task<IReadOnlyList<JsonWebKey>?>> fetch, TimeProvider time)
{
    /// <summary>How long an answer is believed. A key is taken back by a revocation, not by its leaving the URL.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    /// <summary>How long after an answer the URL is left alone.</summary>
    public static readonly TimeSpan PauseAfterAnswer = TimeSpan.FromSeconds(30);

    /// <summary>The same after a failure, which passes sooner.</summary>
    public static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private Task<IReadOnlyList<JsonWebKey>?>? _asking;
    private (IReadOnlyList<JsonWebKey> Keys, long At)? _answer;
    private (long At, TimeSpan Pause)? _asked;

    private IReadOnlyList<JsonWebKey>? Believed =>
        _answer is { } answer && time.GetElapsedTime(answer.At) < MaxAge ? answer.Keys : null;

    /// <summary>The published keys of that name; null if nobody knows what is published.</summary>
    public async Task<IReadOnlyList<JsonWebKey>?> FindAsync(string keyId, CancellationToken cancellationToken)
    {
        var keys = await AskUnlessKnownAsync(keyId).WaitAsync(cancellationToken).ConfigureAwait(false);
        return keys is null ? null : [.. keys.Where(key => key.KeyId == keyId)];
    }

    private Task<IReadOnlyList<JsonWebKey>?> AskUnlessKnownAsync(string keyId)
    {
        lock (_lock)
        {
            var keys = Believed;
            if (keys?.Any(key => key.KeyId == keyId) is true)
            {
                return Task.FromResult<IReadOnlyList<JsonWebKey>?>(keys);
            }

            return _asking is { IsCompleted: false } asking ? asking
                : _asked is { } last && time.GetElapsedTime(last.At) < last.Pause ? Task.FromResult(keys)
                : _asking = AskAsync();
        }
    }

    private async Task<IReadOnlyList<JsonWebKey>?> AskAsync()
    {
        var keys = await fetch().ConfigureAwait(false);
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _asked = (now, keys is null ? PauseAfterFailure : PauseAfterAnswer);
            _answer = keys is null ? _answer : (keys, now);
            return Believed;
        }
    }
}
