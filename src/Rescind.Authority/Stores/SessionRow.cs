namespace Rescind.Authority.Stores;

/// <summary>A session and what only its row knows.</summary>
/// <param name="Number">The order of its start; the row's key.</param>
/// <param name="RepeatedGeneration">The newest generation that was answered more than once; 0 if none was.</param>
/// <param name="Session">The session, not judged.</param>
internal sealed record SessionRow(long Number, long RepeatedGeneration, Session Session);
