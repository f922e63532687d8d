namespace Rescind.Authority.Stores;

/// <summary>Shorter ways to say a step.</summary>
internal static class Steps
{
    public static Step<T> Ask<T, TFact>(Want<TFact> want, Func<TFact, Step<T>> next) => new Asked<T, TFact>(want, next);

    /// <summary>Asks something about each item in turn, then goes on.</summary>
    public static Step<T> AskEach<T, TItem, TFact>(
        IReadOnlyList<TItem> items, Func<TItem, Want<TFact>> want, Action<TItem, TFact> take, Func<Step<T>> next)
    {
        return From(0);

        Step<T> From(int index) => index == items.Count ? next() : Ask(want(items[index]), fact =>
        {
            take(items[index], fact);
            return From(index + 1);
        });
    }

    /// <summary>The end of a decision that writes nothing.</summary>
    public static Step<T> Done<T>(T outcome) => new Decided<T>(outcome, Changes.None);

    public static Step<T> Done<T>(T outcome, Changes changes) => new Decided<T>(outcome, changes);
}
