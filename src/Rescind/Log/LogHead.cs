namespace Rescind;

/// <summary>The end of a log: where it is, when that was, and what the chain says. Pure; the store makes it durable.</summary>
/// <param name="Epoch">Which log.</param>
/// <param name="Position">The newest position; the default in an empty log.</param>
/// <param name="At">Seconds of the newest entry.</param>
/// <param name="Chain">The chain after the newest entry.</param>
public sealed record LogHead(string Epoch, LogPosition Position, long At, LogChain Chain)
{
    /// <summary>How far a clock may be behind the newest entry before the log refuses to append, in seconds.</summary>
    public const long MaxClockLag = 10;

    /// <summary>The head of a new, empty log.</summary>
    public static LogHead Empty(string epoch) => new(epoch, default, 0, LogChain.Start(epoch));

    /// <summary>
    /// Whether a clock that shows <paramref name="now"/> may append: not more than <see cref="MaxClockLag"/> behind the
    /// newest entry.
    /// </summary>
    public bool AcceptsClock(DateTimeOffset now) => now.ToUnixTimeSeconds() >= At - MaxClockLag;

    /// <summary>
    /// The position and second of an entry appended now: <c>max(last + 1, now)</c>; the second never runs backwards.
    /// </summary>
    public (LogPosition Position, long At) Next(DateTimeOffset now) =>
        (Position.Next(now), Math.Max(At, now.ToUnixTimeSeconds()));

    /// <summary>
    /// The head after <paramref name="entry"/>; throws <see cref="ArgumentException"/> unless it is later than this.
    /// </summary>
    public LogHead Then(LogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry.Position > Position
            ? this with { Position = entry.Position, At = entry.At, Chain = Chain.Then(entry) }
            : throw new ArgumentException("An entry's position must be above the head.", nameof(entry));
    }
}
