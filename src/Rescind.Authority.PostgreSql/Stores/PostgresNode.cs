using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// What this process knows of the log beside what is in the tables: which positions it gave out, when the newest thing
/// was recorded, and its clocks. Used by its writer alone, but for <see cref="Newest"/> and the clocks.
/// </summary>
internal sealed class PostgresNode
{
    /// <summary>How long a clock that has jumped ahead must stand there before anything is dated by it.</summary>
    private static readonly TimeSpan PatienceToStamp = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private long _newest;
    private LogPosition _last;

    public PostgresNode(PostgresStoreOptions options, TimeProvider time, OpenedLog opened)
    {
        (Options, _time) = (options, time);
        (_last, _newest, Kept, Start) = (opened.Last, opened.Newest, opened.Kept, opened.Kept.Then(opened.Newest));
        StampingClock = new(time, time.GetUtcNow(), PatienceToStamp);
        Clock = new(
            time, Start.Past == 0 ? time.GetUtcNow() : DateTimeOffset.FromUnixTimeSeconds(Start.Past),
            SteadyClock.PatienceToForget);
    }

    public PostgresStoreOptions Options { get; }

    /// <summary>What was kept of the time that was believed last, when the store was opened.</summary>
    public TimeAtStart Kept { get; }

    /// <summary>What time is known to be past, as the database was when it was opened.</summary>
    public TimeAtStart Start { get; }

    /// <inheritdoc cref="IAuthorityStore.Clock"/>
    public SteadyClock Clock { get; }

    /// <inheritdoc cref="IAuthorityStore.StampingClock"/>
    public SteadyClock StampingClock { get; }

    /// <summary>The second of the newest thing recorded, a login too. May be read on any thread.</summary>
    public long Newest => Interlocked.Read(ref _newest);

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>How long something took that began at a timestamp of <see cref="Timestamp"/>.</summary>
    public TimeSpan Since(long timestamp) => _time.GetElapsedTime(timestamp);

    /// <summary>A point in the time that passes.</summary>
    public long Timestamp => _time.GetTimestamp();

    /// <summary>Whether the clock is neither behind what was recorded nor in doubt.</summary>
    public bool IsClockPlain => Now.ToUnixTimeSeconds() >= Newest && StampingClock.Doubt is null;

    public bool IsOwn(string issuer) => string.Equals(issuer, Options.Issuer, StringComparison.Ordinal);

    /// <summary>What a decision begins with.</summary>
    public Present PresentAt(StoreHead head, DateTimeOffset now) => Present.At(
        Options.Issuer, head, head.Log.Position > _last ? head.Log.Position : _last, now, Math.Max(Newest, head.Log.At),
        StampingClock);

    /// <summary>Remembers that positions up to this one were given out; they are not given out again.</summary>
    public void GiveOut(LogPosition position) => _last = position > _last ? position : _last;

    public void Dated(long second) => Interlocked.Exchange(ref _newest, Math.Max(_newest, second));
}

/// <summary>What the log was when the store was opened.</summary>
internal sealed record OpenedLog(LogPosition Last, long Newest, TimeAtStart Kept);
