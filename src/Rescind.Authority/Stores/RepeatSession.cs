namespace Rescind.Authority.Stores;

/// <summary>A generation of a session was answered more than once.</summary>
/// <param name="Number">Of the session's row.</param>
/// <param name="Generation">That generation.</param>
/// <param name="Retries">How many generations in a row that were.</param>
internal sealed record RepeatSession(long Number, uint Generation, int Retries) : Change;
