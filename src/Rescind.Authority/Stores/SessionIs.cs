namespace Rescind.Authority.Stores;

/// <summary>The row of a session is as it was read.</summary>
internal sealed record SessionIs(SessionRow Row) : Condition;
