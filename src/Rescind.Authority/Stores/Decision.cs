namespace Rescind.Authority.Stores;

/// <summary>
/// What may be done and what follows, as a value: it asks for facts, and ends with an outcome and the changes to be
/// written. Pure and synchronous; whoever runs it again begins anew.
/// </summary>
/// <typeparam name="T">The outcome.</typeparam>
internal abstract class Decision<T>
{
    public abstract Step<T> Begin(Present present);
}
