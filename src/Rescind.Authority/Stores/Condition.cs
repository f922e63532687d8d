namespace Rescind.Authority.Stores;

/// <summary>Something that a decision rests on. A value.</summary>
internal abstract record Condition;
