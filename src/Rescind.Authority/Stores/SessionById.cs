namespace Rescind.Authority.Stores;

/// <summary>The row of a session; null if there is none.</summary>
internal sealed record SessionById(string Id) : Want<SessionRow?>;
