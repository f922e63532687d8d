using Npgsql;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Commits that did not return in time: each is left alone until it does, because whatever ended it would let the server
/// say that it is done. They keep connections of the server, so there are only a few. Safe for concurrent use.
/// </summary>
internal sealed class LeftCommits
{
    /// <summary>How many may be under way; past it nothing more is begun that would have to be committed.</summary>
    public const int Most = 8;

    private int _count;

    /// <summary>How many have not returned yet.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Throws <see cref="StoreUnavailableException"/> where too many have not returned yet.</summary>
    public void RequireFew()
    {
        if (Count >= Most)
        {
            throw new StoreUnavailableException(Errors.DatabaseUnusable.Sentence(
                $"{Most} commits have not returned: is a synchronous standby missing? Nothing was recorded."));
        }
    }

    /// <summary>Leaves one alone; its connection closes once it has returned.</summary>
    public void Add(Task committing, NpgsqlConnection connection)
    {
        Interlocked.Increment(ref _count);
        _ = committing.ContinueWith(
            ended =>
            {
                _ = ended.Exception;
                Interlocked.Decrement(ref _count);
                connection.Dispose();
            },
            TaskScheduler.Default);
    }
}
