namespace Rescind.Authority.Stores;

/// <summary>What a decision says next: <see cref="Asked{T}"/> or <see cref="Decided{T}"/>.</summary>
internal abstract class Step<T>;
