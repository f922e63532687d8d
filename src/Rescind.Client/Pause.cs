namespace Rescind.Client;

/// <summary>
/// How long something is left alone from a moment on. Counted in time that has passed: a clock that is set neither ends
/// it nor makes it longer. The default is over.
/// </summary>
internal readonly record struct Pause(long Began, TimeSpan Length)
{
    public static Pause From(TimeProvider time, TimeSpan length) => new(time.GetTimestamp(), length);

    // One that lies ahead is over: not every provider's timestamps keep going when its clock is set back.
    public bool IsOver(TimeProvider time) =>
        time.GetElapsedTime(Began) is var passed && (passed < TimeSpan.Zero || passed >= Length);
}
