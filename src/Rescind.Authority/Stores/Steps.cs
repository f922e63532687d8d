namespace Rescind.Authority.Stores;

/// <summary>Shorter ways to say a step.</summary>
internal static class Steps
{
    public static Step<T> Ask<T, TFact>(Want<TFact> want, Func<TFact, Step<T>> next) => new Asked<T, TFact>(want, next);

    /// <summary>The end of a decision that writes nothing.</summary>
    public static Step<T> Done<T>(T outcome) => new Decided<T>(outcome, Changes.None);

    public static Step<T> Done<T>(T outcome, Changes changes) => new Decided<T>(outcome, changes);
}
