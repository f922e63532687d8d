namespace Rescind.Authority.Stores;

/// <summary>Nothing was appended since: for what appends, and for nothing else.</summary>
internal sealed record HeadIs(LogPosition Position) : Condition;
