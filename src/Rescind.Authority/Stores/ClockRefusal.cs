using Rescind.Authority.Diagnostics;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Stores;

/// <summary>Why nothing is dated by the clock now, and until when that lasts.</summary>
/// <param name="Error">Its number.</param>
/// <param name="Specifics">How far the clock is off, and the moment until which it is refused.</param>
/// <param name="Until">That moment, by the same clock.</param>
/// <param name="Lasts">How long it is until then.</param>
internal sealed record ClockRefusal(Error Error, string Specifics, DateTimeOffset Until, TimeSpan Lasts)
{
    /// <summary>Why no entry may follow <paramref name="head"/> at <paramref name="now"/>; null if one may.</summary>
    public static ClockRefusal? Of(LogHead head, SteadyClock clock, DateTimeOffset now) => OfLag(head, now) ?? OfJump(clock, now);

    /// <summary>That the clock is behind the log; null if it is not.</summary>
    public static ClockRefusal? OfLag(LogHead head, DateTimeOffset now)
    {
        if (head.AcceptsClock(now))
        {
            return null;
        }

        var (behind, until) =
            (head.At - now.ToUnixTimeSeconds(), DateTimeOffset.FromUnixTimeSeconds(head.At - LogHead.MaxClockLag));
        return new(
            Errors.ClockBehind, $"It is {behind} s behind the newest entry. Nothing is recorded until {Instant.Text(until)}.",
            until, until - now);
    }

    /// <summary>That the clock has jumped ahead and is not believed yet; null if it is believed.</summary>
    public static ClockRefusal? OfJump(SteadyClock clock, DateTimeOffset now)
    {
        if (clock.Doubt is not { } lasts)
        {
            return null;
        }

        var (ahead, until) = ((long)(now - clock.Believed).TotalSeconds, now + lasts);
        return new(
            Errors.ClockAhead,
            $"It is {ahead} s ahead of the time that has passed. Nothing is recorded until {Instant.Text(until)}.", until, lasts);
    }
}

/// <summary>The clock cannot be used to date anything now: nothing was recorded; say 503, and until when.</summary>
internal sealed class ClockRefusedException(ClockRefusal refusal)
    : StoreUnavailableException(refusal.Error.Sentence(refusal.Specifics))
{
    public ClockRefusal Refusal { get; } = refusal;
}
