namespace Rescind.Authority.Stores;

/// <summary>Something that a decision rests on. A value.</summary>
internal abstract record Condition;

/// <summary>Nothing was appended since: for what appends, and for nothing else.</summary>
internal sealed record HeadIs(LogPosition Position) : Condition;

/// <summary>No client, key or issuer was changed since: for what changes one.</summary>
internal sealed record RegistryIs(long Version) : Condition;

/// <summary>The row of a session is as it was read.</summary>
internal sealed record SessionIs(SessionRow Row) : Condition;
