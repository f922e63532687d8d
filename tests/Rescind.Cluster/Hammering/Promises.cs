using System.Collections.Concurrent;
using Rescind.EndToEnd;

namespace Rescind.Cluster.Hammering;

/// <summary>What a caller holds of a session that nobody revokes.</summary>
internal sealed class LiveSession(string id, string accessToken, string refreshToken)
{
    public string Id { get; } = id;

    public string AccessToken { get; set; } = accessToken;

    public string RefreshToken { get; set; } = refreshToken;

    /// <summary>
    /// Whether a refresh had no answer: it may still be on its way, and would be taken for reuse if the caller went on to
    /// the successor's successor meanwhile.
    /// </summary>
    public bool IsWaiting { get; set; }
}

/// <summary>A session whose revocation was acknowledged.</summary>
internal sealed record RevokedSession(string Act, string AccessToken, string RefreshToken);

/// <summary>
/// The model: what callers were told, and whatever was answered that does not go with it. Safe for concurrent use.
/// </summary>
internal sealed class Promises
{
    private readonly ConcurrentDictionary<(string Session, uint Generation), string> _successors = new();
    private readonly ConcurrentQueue<string> _broken = new();

    /// <summary>A sentence for each answer that does not go with what was promised.</summary>
    public IReadOnlyCollection<string> Broken => _broken;

    public ConcurrentQueue<RevokedSession> Revoked { get; } = new();

    public int Successors => _successors.Count;

    public void Break(string sentence) => _broken.Enqueue(sentence);

    /// <summary>A token was answered with its successor: always with the same.</summary>
    public void Succeeded(string session, string presented, string successor)
    {
        var generation = Refreshed.GenerationOf(successor);
        if (generation != Refreshed.GenerationOf(presented) + 1)
        {
            Break($"Generation {generation} of {session} follows {Refreshed.GenerationOf(presented)}.");
        }

        if (_successors.GetOrAdd((session, generation), successor) != successor)
        {
            Break($"Generation {generation} of {session} has two tokens.");
        }
    }
}
