namespace Rescind.Authority.Stores;

/// <summary>Something that a decision needs to know. A value.</summary>
internal abstract record Want;

/// <inheritdoc cref="Want"/>
/// <typeparam name="TFact">What answers it.</typeparam>
internal abstract record Want<TFact> : Want;
