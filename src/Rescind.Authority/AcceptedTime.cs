namespace Rescind.Authority;

/// <summary>The present time was accepted for a log that was ahead of it.</summary>
/// <param name="Epoch">The new epoch of the log.</param>
/// <param name="LogTime">How far the old log reached: the date of its newest entry.</param>
/// <param name="Time">The time that was accepted.</param>
public sealed record AcceptedTime(string Epoch, DateTimeOffset LogTime, DateTimeOffset Time);
