namespace Rescind.Authority.Stores;

/// <summary>One thing to be written. A value.</summary>
internal abstract record Change;
