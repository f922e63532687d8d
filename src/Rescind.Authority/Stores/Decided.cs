namespace Rescind.Authority.Stores;

/// <summary>A decision that was made. The outcome holds once the changes are durable.</summary>
internal sealed class Decided<T>(T outcome, Changes changes) : Step<T>
{
    public T Outcome => outcome;

    public Changes Changes => changes;
}
